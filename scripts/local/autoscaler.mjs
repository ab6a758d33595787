import { existsSync, statSync } from "node:fs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { progress } from "../../toolchain/progress.mjs";

/** The engine's own path of its socket where the client reaches it another way, e.g. in a virtual machine or over SSH. */
const USUAL_SOCKET = "/var/run/docker.sock";

/** Minutes after which the auto-scaler goes on by itself when a deploy was killed. No deploy of the local stack takes as long. */
const LEASE_MINUTES = 30;

/**
 * Socket and its group on the node, which the auto-scaler's gate is given.
 * @param {import("./docker.mjs").Docker} docker
 * @param {Record<string, string>} images
 * @returns {Promise<{socket: string, group: number}>}
 */
export async function engineSocket(docker, images) {
  const local = /^unix:\/\/(\/.+)$/.exec(docker.host)?.[1];
  const name = await docker.read(["info", "--format", "{{.OperatingSystem}}"]);
  // In a virtual machine the node's files are not this machine's, whatever the client's socket is called.
  if (local !== undefined && existsSync(local) && !/docker desktop/i.test(name)) return { socket: local, group: statSync(local).gid };
  const mount = ["--volume", `${USUAL_SOCKET}:${USUAL_SOCKET}`];
  const ask = ["run", "--rm", "--network", "none", ...mount, "--entrypoint", "stat", images.autoscaler ?? "", "-c", "%g", USUAL_SOCKET];
  const group = Number((await docker.read(ask)).trim());
  if (!Number.isInteger(group)) throw new ToolchainError(`${docker.host}: its node does not tell the group of ${USUAL_SOCKET}.`);
  return { socket: USUAL_SOCKET, group };
}

/** Runs a command of the auto-scaler in its own container. @returns {Promise<boolean | undefined>} whether it worked; undefined where none runs */
async function tell(docker, name, command) {
  const running = ["ps", "--quiet", "--filter", `label=com.docker.swarm.service.name=${name}-autoscaler`, "--filter", "status=running"];
  const [container] = await docker.lines(running);
  if (container === undefined) return undefined;
  const { code, stderr } = await docker.attempt(["exec", container, "node", "/app/autoscaler.js", ...command]);
  if (code !== 0) progress.line(`The auto-scaler was not told \`${command.join(" ")}\`: ${stderr.trim()}`);
  return code === 0;
}

/**
 * Runs a deploy while the auto-scaler keeps every count: a count that changed between the deploy's look and its update would be put
 * back to what it was. The lease ends by itself if the deploy is killed.
 * @template T
 * @param {import("./docker.mjs").Docker} docker
 * @param {string} name the deployment's name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function whileHeld(docker, name, work) {
  const held = await tell(docker, name, ["lease", "take", "--minutes", String(LEASE_MINUTES)]);
  try {
    return await work();
  } finally {
    // The one that runs now may be another one than before; what it remembers is the same.
    if (held) await tell(docker, name, ["lease", "end"]).catch((error) => progress.line(error.message));
  }
}

/** Removes what the auto-scaler itself keeps in the Swarm, where it was stopped too hard to do so. */
export async function removeLease(docker, name) {
  await docker.attempt(["config", "rm", `${name}-autoscaler-lease`]);
}
