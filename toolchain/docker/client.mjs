// Asking a Docker engine.
import { statSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { find, run } from "../process.mjs";

/** Where a system-wide engine listens. */
export const DEFAULT_HOST = "unix:///var/run/docker.sock";

/**
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} Path of the `docker` client.
 */
export const dockerClient = (env = process.env) => find("docker", env);

/**
 * Whether an engine answers.
 *
 * @param {string} host As in DOCKER_HOST.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string | undefined>} Undefined when it does; else why it does not.
 */
export async function whyUnreachable(host, env = process.env) {
  if (host.startsWith("unix://")) return ping(host.slice("unix://".length));
  const client = dockerClient(env);
  if (!client) return "there is no docker client to ask it with";
  const result = await run(client, ["-H", host, "version", "--format", "{{.Server.Version}}"], { env: withoutHost(env), timeout: 10_000 });
  if (result.code === 0) return undefined;
  return result.code === 124 ? "no answer within 10 s" : result.stderr.trim().split("\n").at(-1) || `docker ended with code ${result.code}`;
}

/**
 * DOCKER_HOST and DOCKER_CONTEXT taken out, so that `-H` alone decides; TLS settings stay.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function withoutHost(env) {
  const rest = { ...env };
  delete rest.DOCKER_HOST;
  delete rest.DOCKER_CONTEXT;
  return rest;
}

/**
 * @param {string} socketPath
 * @returns {Promise<string | undefined>}
 */
function ping(socketPath) {
  return new Promise((done) => {
    const asked = request({ socketPath, path: "/_ping", timeout: 5000 }, (response) => {
      response.resume();
      done(response.statusCode === 200 ? undefined : `it answered with HTTP status ${response.statusCode}`);
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within 5 s")));
    asked.on("error", (error) => done(explain(/** @type {NodeJS.ErrnoException} */ (error), socketPath)));
    asked.end();
  });
}

/** @param {NodeJS.ErrnoException} error @param {string} socketPath */
function explain(error, socketPath) {
  switch (error.code) {
    case "ENOENT":
      return `there is no ${socketPath}`;
    case "ECONNREFUSED":
      return `nothing listens on ${socketPath}`;
    case "EACCES":
      return `${socketPath} may not be opened by this user; join its group (often docker) or run as root`;
    default:
      return error.message;
  }
}

/**
 * The engines a person may mean when naming none: the client's current context, the system-wide socket, a rootless engine.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string[]>} Hosts, the likeliest first.
 */
export async function usualHosts(env) {
  const hosts = [];
  const client = dockerClient(env);
  if (client) {
    const result = await run(client, ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], { env, timeout: 10_000 });
    if (result.code === 0 && result.stdout.trim()) hosts.push(result.stdout.trim());
  }
  hosts.push(DEFAULT_HOST);
  const rootless = [
    env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, "docker.sock"),
    join(env.HOME || homedir(), ".docker/run/docker.sock"),
  ];
  for (const socket of rootless) if (socket && isSocket(socket)) hosts.push(`unix://${socket}`);
  return [...new Set(hosts)];
}

/** @param {string} path */
function isSocket(path) {
  try {
    return statSync(path).isSocket();
  } catch {
    return false;
  }
}
