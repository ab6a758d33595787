import { connect } from "node:net";
import { ToolchainError } from "../../toolchain/errors.mjs";

/** Whether something on this machine accepts connections on a port. @param {number} port @returns {Promise<boolean>} */
function taken(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: 1000 });
    const answer = (value) => {
      socket.destroy();
      resolve(value);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
    socket.once("timeout", () => answer(false));
  });
}

/**
 * Refuses ports that something else on this machine listens on; Swarm would only leave the balancer pending.
 * @param {import("./docker.mjs").Docker} docker
 * @param {{name: string, httpPort: number, httpsPort: number}} config
 * @throws ToolchainError naming key, port and fix
 */
export async function checkPorts(docker, config) {
  if (!docker.host.startsWith("unix:")) return;
  const own = await docker.list(["ps", "--filter", `name=${config.name}-`]);
  const published = own.map(({ Ports }) => Ports).join(" ");
  const problems = [];
  for (const key of /** @type {const} */ (["httpPort", "httpsPort"])) {
    const port = config[key];
    if (published.includes(`:${port}->`) || !(await taken(port))) continue;
    problems.push(
      `testbro:${key}: port ${port} is taken by another process on this machine. Fix: stop it (\`ss -ltnp 'sport = :${port}'\` names it), ` +
        `or use another port: npm run up -- --config testbro:${key}=${port + 1000}`,
    );
  }
  if (problems.length > 0) throw new ToolchainError(problems.join("\n"));
}
