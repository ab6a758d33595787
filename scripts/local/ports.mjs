import { createServer } from "node:net";
import { ToolchainError } from "../../toolchain/errors.mjs";

/** Whether something on this machine listens on a port, on whichever address. @param {number} port @returns {Promise<boolean>} */
async function taken(port) {
  // A listener on one family only does not stop one on the other, so both are tried.
  for (const host of ["0.0.0.0", "::"]) {
    const error = await new Promise((resolve) => {
      const server = createServer();
      server.once("error", resolve);
      server.listen({ port, host, ipv6Only: true }, () => server.close(() => resolve(undefined)));
    });
    // Only this error tells of another listener; without the right to a low port, or without IPv6, nothing can be said.
    if (error?.code === "EADDRINUSE") return true;
  }
  return false;
}

/**
 * Refuses ports that something else on this machine listens on; Swarm would only leave the balancer pending.
 * @param {import("./docker.mjs").Docker} docker
 * @param {{name: string, httpPort: number, httpsPort: number}} config
 * @throws ToolchainError naming key, port and fix
 */
export async function checkPorts(docker, config) {
  if (!docker.host.startsWith("unix:")) return;
  const own = await docker.list(["ps", "--filter", "label=com.docker.swarm.service.name"]);
  const published = own
    .filter(({ Names }) => Names.startsWith(`${config.name}-`))
    .map(({ Ports }) => Ports)
    .join(" ");
  const problems = [];
  for (const key of /** @type {const} */ (["httpPort", "httpsPort"])) {
    const port = config[key];
    // Not a port at all: the program says so, with all else that is wrong.
    if (!Number.isInteger(port) || port < 1 || port > 65535) continue;
    if (published.includes(`:${port}->`) || !(await taken(port))) continue;
    problems.push(
      `testbro:${key}: port ${port} is taken by another process on this machine. Fix: stop it (\`ss -ltnp 'sport = :${port}'\` names it), ` +
        `or write another testbro:${key} into Pulumi.local.yaml (for one run: npm run up -- --config testbro:${key}=${port + 1000})`,
    );
  }
  if (problems.length > 0) throw new ToolchainError(problems.join("\n"));
}
