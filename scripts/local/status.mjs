/**
 * @typedef {object} ServiceStatus
 * @property {string} name
 * @property {number} desired replicas asked for
 * @property {number} running replicas that run
 * @property {number} healthy replicas that run and pass their health check
 */

/**
 * @typedef {object} Status
 * @property {boolean} healthy whether every service has all replicas healthy
 * @property {Record<string, string>} urls
 * @property {string} caFile authority to trust for the URLs
 * @property {ServiceStatus[]} services
 * @property {Record<string, {user?: string, password: string}>} [logins] by what they are for, where they were asked for
 */

/**
 * Replicas of each service of a deployment. A task counts as running only once its health check passed; a container that
 * fails its check later is seen by the engine's own word where it runs on this engine's node.
 * @param {import("./docker.mjs").Docker} docker
 * @param {string} name
 * @returns {Promise<ServiceStatus[]>}
 */
export async function serviceStatus(docker, name) {
  const [services, containers] = await Promise.all([
    docker.services(name),
    docker.list(["ps", "--filter", "health=unhealthy", "--filter", "label=com.docker.swarm.service.name"]),
  ]);
  const statuses = services.map((service) => {
    const [running = 0, desired = 0] = service.Replicas.split(" ")[0].split("/").map(Number);
    const unhealthy = containers.filter(({ Labels }) => Labels.split(",").includes(`com.docker.swarm.service.name=${service.Name}`)).length;
    return { name: service.Name, desired, running, healthy: Math.max(0, running - unhealthy) };
  });
  return statuses.sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Status of the stack from its outputs and its services.
 * @param {ServiceStatus[]} services
 * @param {{urls?: Record<string, string>}} outputs
 * @param {string} caFile
 * @returns {Status}
 */
export function overall(services, outputs, caFile) {
  const healthy = services.length > 0 && services.every((service) => service.healthy >= service.desired && service.desired > 0);
  return { healthy, urls: outputs.urls ?? {}, caFile, services };
}

/**
 * What the stack's pages want to know of a person.
 * @param {{monitoringLogin?: object, dashboardLogin?: object, autoscalerToken?: string}} outputs with secrets in the clear
 * @returns {NonNullable<Status["logins"]>}
 */
export function loginsOf({ monitoringLogin, dashboardLogin, autoscalerToken }) {
  const logins = { monitoring: monitoringLogin, dashboard: dashboardLogin, autoscaler: autoscalerToken && { password: autoscalerToken } };
  return /** @type {any} */ (Object.fromEntries(Object.entries(logins).filter(([, login]) => login)));
}

/** @param {string[][]} rows first row is the heading @returns {string} columns aligned by spaces */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The status as a person reads it. @param {Status} status @returns {string} */
export function describeStatus(status) {
  const rows = status.services.map(({ name, desired, running, healthy }) => [
    name,
    `${running}/${desired}`,
    healthy >= desired ? "healthy" : `${healthy} of ${desired} healthy`,
  ]);
  const urls = Object.entries(status.urls).map(([name, url]) => [name, url]);
  const logins = Object.entries(status.logins ?? {}).map(([name, { user = "-", password }]) => [name, user, password]);
  return [
    table([["SERVICE", "REPLICAS", "HEALTH"], ...rows]),
    "",
    ...(urls.length > 0 ? [table(urls), ""] : []),
    ...(logins.length > 0 ? [table([["LOGIN", "USER", "PASSWORD OR TOKEN"], ...logins]), ""] : []),
    `Trust the certificate: curl --cacert ${status.caFile} ${status.urls.app ?? ""}`.trimEnd(),
    "                       or import that file as an authority into your browser.",
    "",
    "Next: npm run status    what runs now",
    "      npm run preview   what a change would do",
    "      npm run down      stop everything, keep the data",
  ].join("\n");
}
