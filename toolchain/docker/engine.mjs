// Finds or starts the Docker engine that a stack runs on.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ToolchainError } from "../errors.mjs";
import { withLock } from "../lock.mjs";
import { argumentsOf, find, startOf } from "../process.mjs";
import { progress as defaultProgress } from "../progress.mjs";
import { dockerClient, usualHosts, whyUnreachable } from "./client.mjs";
import { isOurs, layout, readRecord, startDaemon, unrecordedDaemon, waitFor } from "./daemon.mjs";
import { installPackages, whyNoInstall } from "./install.mjs";
import { mountsBelow, processes, takeDownNetwork, unmountBelow } from "./leftovers.mjs";

/** @import { Progress } from "../progress.mjs" */
/** @import { Layout, Recorded } from "./daemon.mjs" */

/**
 * @typedef {object} Engine
 * @property {string} host As in DOCKER_HOST.
 * @property {boolean} startedByUs Whether it is the private engine, which {@link stopEngine} stops.
 * @property {string} clientBin Path of the `docker` client.
 */

/**
 * @typedef {object} EngineOptions
 * @property {string} home Folder of the private engine, if one is needed: its socket, data, state, log.
 * @property {(line: string) => void} [log] What a person should know; default a line on stderr.
 * @property {string} [netns] Run the private engine in this network namespace (see netns.mjs); other engines are not looked at.
 * @property {boolean} [install] Whether missing packages may be installed; default true.
 * @property {NodeJS.ProcessEnv} [env] Default the process's.
 * @property {Progress} [progress]
 */

/** Stopping a daemon stops its containers first, each of which has its grace period. In milliseconds. */
const STOP_TIMEOUT = 90_000;

/**
 * The engine to use: DOCKER_HOST if set; the private engine if it runs already; the reachable engine of the current docker
 * context or the default socket; else, on Linux as root, a private engine of the distribution's docker, started here. It
 * survives this process.
 *
 * @param {EngineOptions} options
 * @returns {Promise<Engine>}
 * @throws {ToolchainError} When there is none and none can be started: why, and what to do.
 */
export async function ensureEngine(options) {
  const { home, netns, env = process.env, progress = defaultProgress, install = true } = options;
  const log = options.log ?? ((/** @type {string} */ line) => progress.line(line));
  const files = layout(home);

  if (env.DOCKER_HOST && !netns && env.DOCKER_HOST !== `unix://${files.socket}`) {
    const why = await whyUnreachable(env.DOCKER_HOST, env);
    if (why === undefined) return { host: env.DOCKER_HOST, startedByUs: false, clientBin: await client({ env, install, log, progress }) };
    throw new ToolchainError(
      `DOCKER_HOST is ${env.DOCKER_HOST}, and no Docker engine answers there: ${why}. Start it, or unset DOCKER_HOST.`,
    );
  }

  const privately = async () => ({
    host: `unix://${files.socket}`,
    startedByUs: true,
    clientBin: await client({ env, install, log, progress }),
  });
  if (readRecord(files)?.running && (await whyUnreachable(`unix://${files.socket}`)) === undefined) return privately();

  if (!netns) {
    const found = await firstReachable(env);
    if ("host" in found) return { host: found.host, startedByUs: false, clientBin: await client({ env, install, log, progress }) };
    refuseWithoutRoot(env, found.tried, install);
  }
  if (!find("dockerd", env, { system: true })) {
    if (!install)
      throw new ToolchainError("No Docker engine answers and dockerd is not installed. Install it (Debian: `apt-get install docker.io`).");
    await installPackages(["docker.io", "iptables", "iproute2"], { why: "a Docker engine", env, log, progress, optional: ["docker-cli"] });
    // Where an init system runs, the package has started its engine; a second one on the same bridges would only be in its way.
    const found = netns ? undefined : await firstReachable(env);
    if (found && "host" in found) {
      log(`Using the system's Docker engine at ${found.host}, which came with the package.`);
      return { host: found.host, startedByUs: false, clientBin: await client({ env, install, log, progress }) };
    }
  }
  await withLock(
    join(home, "engine.lock"),
    async () => {
      const before = readRecord(files);
      if (before?.running && (await answersSoon(files))) return;
      if (before?.running) {
        throw new ToolchainError(
          `The private Docker engine (process ${before.recorded.pid}) runs but does not answer; stop it (npm run down) and look into ${files.log}.`,
        );
      }
      if (before) await cleanUp(files, before.recorded, env);
      const stray = unrecordedDaemon(files);
      if (stray !== undefined) {
        signal(stray, "SIGTERM");
        await waitFor(() => unrecordedDaemon(files) === undefined, STOP_TIMEOUT);
      }
      log(`Starting a private Docker engine in ${home}${netns ? ` (network namespace ${netns})` : ""}.`);
      await progress.step("Starting the private Docker engine", (detail) => startDaemon(files, { netns, env, detail }));
    },
    { onWait: (pid) => progress.line(`Process ${pid} is starting the Docker engine; waiting for it.`) },
  );
  return privately();
}

/** @param {Layout} files */
async function answersSoon(files) {
  for (let attempt = 0; attempt < 30; attempt++) {
    if ((await whyUnreachable(`unix://${files.socket}`)) === undefined) return true;
    await new Promise((done) => setTimeout(done, 1000));
  }
  return false;
}

/** @param {NodeJS.ProcessEnv} env @returns {Promise<{ host: string } | { tried: string[] }>} */
async function firstReachable(env) {
  const tried = [];
  for (const host of await usualHosts(env)) {
    const why = await whyUnreachable(host, env);
    if (why === undefined) return { host };
    tried.push(`${host}: ${why}`);
  }
  return { tried };
}

/** @param {NodeJS.ProcessEnv} env @param {string[]} tried @param {boolean} install */
function refuseWithoutRoot(env, tried, install) {
  const problem = whyNoInstall(env);
  const installed = find("dockerd", env, { system: true }) && process.getuid?.() === 0;
  if (installed || (problem === undefined && install)) return;
  throw new ToolchainError(
    `No Docker engine answers, and a private one cannot be started: ${problem ?? "installing packages was not allowed"}.\nTried:\n` +
      `${tried.map((line) => `  - ${line}`).join("\n")}\nDo one of these:\n` +
      "  - start Docker (Docker Desktop, or `systemctl start docker`), and make sure that `docker info` works for this user\n" +
      "  - point DOCKER_HOST at an engine that runs\n  - on Debian or Ubuntu, run the command as root: it then installs and starts an engine of its own",
  );
}

/**
 * @param {{ env: NodeJS.ProcessEnv, install: boolean, log: (line: string) => void, progress: Progress }} options
 * @returns {Promise<string>}
 */
async function client({ env, install, log, progress }) {
  const present = dockerClient(env);
  if (present) return present;
  if (install && whyNoInstall(env) === undefined) {
    await installPackages(["docker.io"], { why: "the docker client", env, log, progress, optional: ["docker-cli"] });
    const installed = dockerClient(env);
    if (installed) return installed;
  }
  throw new ToolchainError(
    "A Docker engine answers, but there is no `docker` client on PATH. Install it (Debian: docker-cli or docker.io; others: https://docs.docker.com/engine/install/).",
  );
}

/**
 * Stops the private engine, and only that: the recorded process, verified by its start time and arguments, its containerd and
 * what they left mounted. Images, volumes and swarm state stay unless `purge`.
 *
 * @param {{ home: string, purge?: boolean, env?: NodeJS.ProcessEnv, log?: (line: string) => void, progress?: Progress }} options
 *   `purge`: remove the whole engine folder with all images and volumes.
 * @returns {Promise<{ stopped: boolean }>} Whether an engine of ours was running.
 */
export async function stopEngine({ home, purge = false, env = process.env, log, progress = defaultProgress }) {
  const files = layout(home);
  if (!existsSync(home)) return { stopped: false };
  return withLock(join(home, "engine.lock"), async () => {
    const record = readRecord(files);
    if (record?.running) {
      (log ?? ((line) => progress.line(line)))(`Stopping the private Docker engine (process ${record.recorded.pid}).`);
      await progress.step("Stopping the private Docker engine", () => end(record.recorded));
    }
    if (record) await cleanUp(files, record.recorded, env);
    if (purge) await removeFiles(files, env);
    return { stopped: record?.running ?? false };
  });
}

/** @param {Recorded} recorded */
async function end(recorded) {
  signal(recorded.pid, "SIGTERM");
  if (await waitFor(() => !isOurs(recorded), STOP_TIMEOUT)) return;
  signal(recorded.pid, "SIGKILL");
  await waitFor(() => !isOurs(recorded), 5000);
}

/** @param {number} pid @param {NodeJS.Signals} name */
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

/**
 * Ends what a daemon leaves when it is killed (its containerd, the containers' shims), and takes its mounts and network down.
 *
 * @param {Layout} files @param {Recorded} recorded @param {NodeJS.ProcessEnv} env
 */
async function cleanUp(files, recorded, env) {
  const containerd = join(recorded.exec, "containerd");
  // By its own arguments: containerd is started with a configuration, and each shim with a socket, in our exec folder.
  const children = processes().filter((pid) => {
    const args = argumentsOf(pid);
    return /containerd/.test(args[0] ?? "") && args.some((arg) => arg.startsWith(`${containerd}/`));
  });
  for (const pid of children) signal(pid, "SIGTERM");
  if (children.length > 0 && !(await waitFor(() => children.every((pid) => startOf(pid) === undefined), 5000))) {
    for (const pid of children) signal(pid, "SIGKILL");
  }
  await unmountBelow([recorded.exec, recorded.data], env);
  if (!recorded.netns) await takeDownNetwork(recorded.network, recorded.pid, env);
  // A process that was killed may stay listed until its parent looks at it; dockerd would take its containerd for alive.
  const stale = [files.record, files.pidFile, files.socket, join(containerd, "containerd.pid"), join(containerd, "containerd.sock")];
  for (const file of stale) rmSync(file, { force: true });
}

/** @param {Layout} files @param {NodeJS.ProcessEnv} env */
async function removeFiles(files, env) {
  const folders = [files.home, ...(files.runtime ? [files.runtime] : [])];
  await unmountBelow(folders, env);
  const left = mountsBelow(folders);
  if (left.length > 0)
    throw new ToolchainError(`${files.home} is not removed, since something is still mounted there: ${left.join(", ")}.`);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/**
 * The end of the private engine's log, for an error report.
 *
 * @param {string} home
 * @returns {string} Empty when there is none.
 */
export function engineLog(home) {
  try {
    return readFileSync(layout(home).log, "utf8").slice(-4000);
  } catch {
    return "";
  }
}

/**
 * Makes the folder of a private engine, readable by its owner only.
 *
 * @param {string} home
 */
export function prepareHome(home) {
  mkdirSync(home, { recursive: true, mode: 0o700 });
}
