// The cluster's programs: started so that they outlive this process, remembered by id and start time, ended by these alone.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { waitFor } from "../docker/daemon.mjs";
import { ToolchainError } from "../errors.mjs";
import { lastLines, sleep, startOf } from "../process.mjs";

/** @typedef {{ pid: number, start: string }} Started */

/**
 * What is remembered of a cluster.
 *
 * @typedef {object} ClusterRecord
 * @property {string} id
 * @property {string} netns
 * @property {boolean} ownNetns Whether the namespace was made for the cluster and goes with it.
 * @property {string} address Where the cluster's node ports and its API server are reached from the host.
 * @property {number} nodes
 * @property {Record<string, Started>} processes
 */

/** @param {string} file @returns {ClusterRecord | undefined} */
export function readRecord(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {string} file @param {ClusterRecord} record */
export function writeRecord(file, record) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(record, undefined, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** @param {Started | undefined} started */
export const runs = (started) => started !== undefined && startOf(started.pid) === started.start;

/**
 * @param {string[]} command nsenter and unshare replace themselves, so the id stays that of the program itself.
 * @param {{ log: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<Started>}
 */
export async function start(command, { log, env }) {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, "a", 0o600);
  try {
    const [program, ...args] = command;
    const child = spawn(/** @type {string} */ (program), args, { detached: true, stdio: ["ignore", output, output], cwd: "/", env });
    await new Promise((done, failed) => child.once("spawn", done).once("error", failed));
    child.unref();
    const pid = /** @type {number} */ (child.pid);
    return { pid, start: startOf(pid) ?? "" };
  } finally {
    closeSync(output);
  }
}

/**
 * @param {Started | undefined} started
 * @param {number} [grace] Milliseconds between asking and forcing; default 10 s.
 */
export async function end(started, grace = 10_000) {
  if (!started || !runs(started)) return;
  signal(started.pid, "SIGTERM");
  if (await waitFor(() => !runs(started), grace)) return;
  signal(started.pid, "SIGKILL");
  await waitFor(() => !runs(started), 5000);
}

/** @param {number} pid @param {NodeJS.Signals} name */
export function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

/**
 * Waits until a check holds, while the program runs.
 *
 * @param {string} name
 * @param {Started} started
 * @param {string} logs Folder of the logs.
 * @param {() => Promise<boolean>} check
 * @param {number} [timeout] Milliseconds; default 120 s: a machine that compiles beside it is slow.
 * @throws {ToolchainError} With the end of the log, when it ends or the time is over.
 */
export async function untilReady(name, started, logs, check, timeout = 120_000) {
  const deadline = Date.now() + timeout;
  while (!(await check())) {
    const why = !runs(started)
      ? "ended right after its start"
      : Date.now() > deadline
        ? `does not answer within ${timeout / 1000} s`
        : undefined;
    if (why)
      throw new ToolchainError(`${name} ${why}. The end of its log, ${join(logs, `${name}.log`)}:\n${endOf(join(logs, `${name}.log`))}`);
    await sleep(200);
  }
}

/** @param {string} log */
function endOf(log) {
  try {
    return lastLines(readFileSync(log, "utf8"));
  } catch {
    return "";
  }
}
