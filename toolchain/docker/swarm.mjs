// Swarm mode: made when there is none, never left, never changed.
import { ToolchainError } from "../errors.mjs";
import { must, run } from "../process.mjs";
import { progress } from "../progress.mjs";
import { dockerClient, withoutHost } from "./client.mjs";

/**
 * Makes sure that the engine is a manager of a swarm. An engine outside of any swarm becomes a one-node swarm that listens on
 * loopback only, and that is said aloud; an existing swarm is left exactly as it is.
 *
 * @param {{ host: string, clientBin?: string, env?: NodeJS.ProcessEnv, log?: (line: string) => void }} options
 * @returns {Promise<{ initialised: boolean }>} Whether this call initialised it.
 * @throws {ToolchainError} When the engine is a worker of a swarm, or its swarm is locked or broken.
 */
export async function ensureSwarm({ host, env = process.env, clientBin = dockerClient(env), log = (line) => progress.line(line) }) {
  if (!clientBin)
    throw new ToolchainError("The docker client is needed to look at Swarm mode; install it (Debian: docker.io or docker-cli).");
  const docker = (/** @type {string[]} */ args) => run(clientBin, ["-H", host, ...args], { env: withoutHost(env), timeout: 30_000 });
  const info = await docker(["info", "--format", "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}} {{.Swarm.Error}}"]);
  const [state, manager, ...error] = info.stdout.trim().split(" ");
  if (info.code !== 0 || !state) throw new ToolchainError(`The Docker engine at ${host} does not answer: ${info.stderr.trim()}`);
  if (state === "active" && manager === "true") return { initialised: false };
  if (state === "active") {
    throw new ToolchainError(
      `The Docker engine at ${host} is a worker of a swarm; services are made on a manager. Set DOCKER_HOST to a manager.`,
    );
  }
  if (state === "locked") {
    throw new ToolchainError(
      `The swarm of the Docker engine at ${host} is locked; run \`docker swarm unlock\` with its key and try again.`,
    );
  }
  if (state !== "inactive") {
    throw new ToolchainError(
      `Swarm mode of the Docker engine at ${host} is "${state}"${error.length ? ` (${error.join(" ")})` : ""}; look at \`docker info\`, and leave or repair that swarm first.`,
    );
  }
  log(`Docker engine ${host}: Swarm mode is off; making it a one-node swarm (docker swarm init, listening on 127.0.0.1 only).`);
  await must(clientBin, ["-H", host, "swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377"], {
    what: "initialising Swarm mode",
    env: withoutHost(env),
    timeout: 60_000,
  });
  return { initialised: true };
}
