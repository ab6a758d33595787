// A Docker daemon of our own: where its files are, how it is started, and how to be sure that a process is it.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ToolchainError } from "../errors.mjs";
import { argumentsOf, find, lastLines, sleep, startOf } from "../process.mjs";
import { whyUnreachable } from "./client.mjs";
import { processes, snapshot } from "./leftovers.mjs";

/** @import { Detail } from "../progress.mjs" */
/** @import { Network } from "./leftovers.mjs" */

/** The longest path that a Unix socket may have, in bytes: sun_path of sockaddr_un on Linux is 108 with its final zero. */
export const LONGEST_SOCKET = 107;

/** How long a daemon may take to answer, in milliseconds; a first start lays out its data folder. */
const START_TIMEOUT = 60_000;

/**
 * @typedef {object} Layout
 * @property {string} home The engine's folder.
 * @property {string} socket
 * @property {string} data
 * @property {string} exec
 * @property {string} pidFile
 * @property {string} log
 * @property {string} record Who we started, for `down` and for the next `up`.
 * @property {string | undefined} runtime A short folder outside `home` for sockets, when `home` is too long for them.
 */

/**
 * @typedef {object} Recorded
 * @property {number} pid
 * @property {string} start
 * @property {string} socket
 * @property {string} data
 * @property {string} exec
 * @property {string | undefined} [netns]
 * @property {Network} network What Docker networking was there before, so that only ours is taken down.
 */

/**
 * Where everything of an engine lies. Sockets go to a short folder of their own when the path is too long for a Unix socket.
 *
 * @param {string} home
 * @returns {Layout}
 */
export function layout(home) {
  const inside = { socket: join(home, "docker.sock"), exec: join(home, "exec") };
  // The longest socket that dockerd and its containerd make below the exec folder.
  const longest = Buffer.byteLength(join(inside.exec, "containerd/containerd-debug.sock"));
  const runtime =
    longest > LONGEST_SOCKET ? join(tmpdir(), `testbro-${createHash("sha256").update(home).digest("hex").slice(0, 12)}`) : undefined;
  return {
    home,
    socket: runtime ? join(runtime, "docker.sock") : inside.socket,
    exec: runtime ? join(runtime, "exec") : inside.exec,
    data: join(home, "data"),
    pidFile: join(home, "dockerd.pid"),
    log: join(home, "dockerd.log"),
    record: join(home, "engine.json"),
    runtime,
  };
}

/**
 * The daemon that was started from this folder, if it still runs.
 *
 * @param {Layout} files
 * @returns {{ recorded: Recorded, running: boolean } | undefined} Undefined when none was ever started, or it was stopped properly.
 */
export function readRecord(files) {
  try {
    /** @type {Recorded} */
    const recorded = JSON.parse(readFileSync(files.record, "utf8"));
    return { recorded, running: isOurs(recorded) };
  } catch {
    return undefined;
  }
}

/**
 * Whether the recorded process is still the daemon that we started: same start time, and its own arguments name our data folder.
 *
 * @param {Recorded} recorded
 */
export function isOurs({ pid, start, data }) {
  const args = argumentsOf(pid);
  return startOf(pid) === start && args.some((arg) => arg.endsWith("dockerd")) && args.includes(data);
}

/**
 * A daemon on our data folder that nobody recorded: the command that started it was killed in that very moment.
 *
 * @param {Layout} files
 * @returns {number | undefined} Its process id.
 */
export function unrecordedDaemon(files) {
  return processes().find((pid) => {
    const args = argumentsOf(pid);
    return args[0]?.split("/").at(-1) === "dockerd" && args.includes(files.data) && startOf(pid) !== undefined;
  });
}

/**
 * Starts a daemon that outlives this process, and waits until it answers.
 *
 * @param {Layout} files
 * @param {{ netns?: string, env: NodeJS.ProcessEnv, detail: Detail }} options `netns`: a named network namespace to run in.
 * @returns {Promise<void>}
 * @throws {ToolchainError} With the last lines of its log.
 */
export async function startDaemon(files, { netns, env, detail }) {
  if (Buffer.byteLength(join(files.exec, "containerd/containerd-debug.sock")) > LONGEST_SOCKET) {
    throw new ToolchainError(
      `${files.exec} is too long for the engine's Unix sockets (at most ${LONGEST_SOCKET} bytes); set TESTBRO_HOME or TMPDIR to a shorter folder.`,
    );
  }
  const dockerd = find("dockerd", env, { system: true });
  if (!dockerd) throw new ToolchainError("dockerd is not installed.");
  for (const folder of [files.home, files.data, files.exec]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Left by a daemon that was killed; dockerd would take a new process of that number for a running daemon.
  for (const file of [files.pidFile, files.socket]) rmSync(file, { force: true });
  if (netns && !existsSync(`/run/netns/${netns}`))
    throw new ToolchainError(`There is no network namespace ${netns}; make it first (createNetns).`);
  const network = await snapshot(netns, env);
  const args = ["--data-root", files.data, "--exec-root", files.exec, "--pidfile", files.pidFile, "-H", `unix://${files.socket}`];
  const log = openSync(files.log, "a", 0o600);
  try {
    const [command, ...rest] = netns ? inNamespace(netns, dockerd, args) : [dockerd, ...args];
    const child = spawn(/** @type {string} */ (command), rest, {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: "/",
      // With local images Swarm would otherwise ask a registry for each one's digest first, and wait for it.
      env: { ...env, PATH: `${env.PATH ?? ""}:/usr/sbin:/sbin`, DOCKER_SERVICE_PREFER_OFFLINE_IMAGE: "1" },
    });
    await new Promise((done, failed) => child.once("spawn", done).once("error", failed));
    child.unref();
    const pid = /** @type {number} */ (child.pid);
    // nsenter, unshare and sh replace themselves, so this is dockerd's process id and start time from the beginning.
    /** @type {Recorded} */
    const recorded = { pid, start: startOf(pid) ?? "", socket: files.socket, data: files.data, exec: files.exec, netns, network };
    writeFileSync(files.record, JSON.stringify(recorded, undefined, 2), { mode: 0o600 });
    await waitUntilReady(files, pid, detail);
  } finally {
    closeSync(log);
  }
}

/**
 * The daemon in a network namespace gets a /run of its own, where several daemons would otherwise meet. `ip netns exec` will
 * not do: it mounts a new /sys, which hides the control groups.
 *
 * @param {string} netns @param {string} dockerd @param {string[]} args
 */
function inNamespace(netns, dockerd, args) {
  const script = 'mount -t tmpfs tmpfs /run && exec "$@"';
  return ["nsenter", `--net=/run/netns/${netns}`, "unshare", "--mount", "sh", "-c", script, "sh", dockerd, ...args];
}

/** @param {Layout} files @param {number} pid @param {Detail} detail */
async function waitUntilReady(files, pid, detail) {
  const deadline = Date.now() + START_TIMEOUT;
  for (;;) {
    const why = await whyUnreachable(`unix://${files.socket}`);
    if (why === undefined) return;
    if (startOf(pid) === undefined) throw daemonError(files, "The private Docker engine ended right after its start");
    if (Date.now() > deadline)
      throw daemonError(files, `The private Docker engine does not answer within ${START_TIMEOUT / 1000} s (${why})`);
    detail("waiting for it to answer");
    await sleep(100);
  }
}

/** @param {Layout} files @param {string} what */
function daemonError(files, what) {
  let text = "";
  try {
    text = readFileSync(files.log, "utf8");
  } catch {
    // Then there is nothing to show.
  }
  return new ToolchainError(`${what}. The end of its log, ${files.log}:\n${lastLines(text)}`);
}

/**
 * @param {() => boolean} condition
 * @param {number} milliseconds
 * @returns {Promise<boolean>} Whether it came true in time.
 */
export async function waitFor(condition, milliseconds) {
  const deadline = Date.now() + milliseconds;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}
