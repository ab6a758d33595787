// The clients, and what they counted.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { answers, OWN } from "./laboratory.mjs";

/**
 * Connections of wrk and of h2load, and streams at a time on one of h2load's. h2load does not replace a connection that the balancer closes
 * (a stock nginx after 1000 requests), so there have to be enough to last.
 */
const [CONNECTIONS, H2_STREAMS] = [64, 2];

/** New TLS connections being made at a time. */
const HANDSHAKES = 16;

/** Every request says what a browser says, so that a balancer has to decide about compression. */
const ACCEPT = "Accept-Encoding: gzip, br";

/**
 * @typedef {object} Counted
 * @property {number} perSecond requests, or connections
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 * @property {number} failed
 * @property {number} cpu microseconds of the balancer's processor time a request
 * @property {number} [resumed] share of the connections
 */

/** Nanoseconds that each thread has been on a processor. One that has ended (nginx's cache loader) is left out. @param {number[]} processes */
function processorTime(processes) {
  const times = new Map();
  for (const pid of processes) {
    const tasks = `/proc/${pid}/task`;
    if (!existsSync(tasks)) continue;
    for (const thread of readdirSync(tasks)) {
      const file = `${tasks}/${thread}/schedstat`;
      if (existsSync(file)) times.set(thread, Number(readFileSync(file, "utf8").split(" ")[0]));
    }
  }
  return times;
}

/** Microseconds of processor time since then. @param {number[]} processes @param {Map<string, number>} before */
function microsecondsSince(processes, before) {
  const now = processorTime(processes);
  return [...now].reduce((sum, [thread, time]) => sum + time - (before.get(thread) ?? 0), 0) / 1000;
}

/** @typedef {{requests: number, seconds: number, failed: number, p50: number, p99: number, resumed?: number}} Report */

/** HTTP/1.1. @param {import("./laboratory.mjs").Laboratory} laboratory @param {string} url @param {number} seconds @returns {Promise<Report>} */
async function wrk(laboratory, url, seconds) {
  const options = ["-t", "1", "-c", String(CONNECTIONS), "-d", `${seconds}s`, "-H", ACCEPT, "-s", "/etc/load-generator/report.lua"];
  const output = await laboratory.load(["wrk", ...options, url]);
  const report = /^RESULT (.*)$/m.exec(output)?.[1];
  if (report === undefined) throw new ToolchainError(`wrk did not report on ${url}:\n${output}`);
  return JSON.parse(report);
}

/** HTTP/2. @param {import("./laboratory.mjs").Laboratory} laboratory @param {string} url @param {number} seconds @returns {Promise<Report>} */
async function h2load(laboratory, url, seconds) {
  const log = "h2load.log";
  const load = ["-t", "1", "-c", String(CONNECTIONS), "-m", String(H2_STREAMS), "-D", String(seconds)];
  const output = await laboratory.load([
    "sh",
    "-c",
    `rm -f ${OWN}/${log}; exec "$@"`,
    "sh",
    "h2load",
    ...load,
    "-H",
    ACCEPT,
    `--log-file=${OWN}/${log}`,
    url,
  ]);
  const [, total = "0", good = "0"] = /^requests: (\d+) total, .* (\d+) succeeded/m.exec(output) ?? [];
  const [, ok = "0"] = /^status codes: (\d+) 2xx/m.exec(output) ?? [];
  // Start, status and microseconds of every request.
  const took = laboratory
    .readFromLoad(log)
    .split("\n")
    .filter(Boolean)
    .map((line) => Number(line.split("\t")[2]) / 1000);
  took.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => took[Math.floor(took.length * share)] ?? NaN;
  return { requests: Number(ok), seconds, failed: Number(total) - Math.min(Number(good), Number(ok)), p50: at(0.5), p99: at(0.99) };
}

/** @param {import("./laboratory.mjs").Laboratory} laboratory @param {string} url @param {number} seconds @param {boolean} resume @returns {Promise<Report>} */
async function handshakes(laboratory, url, seconds, resume) {
  const { host, pathname } = new URL(url);
  const options = ["-address", host, "-path", pathname, "-seconds", String(seconds), "-workers", String(HANDSHAKES)];
  return JSON.parse(await laboratory.load(["handshakes", ...options, ...(resume ? ["-resume"] : [])]));
}

/**
 * One measurement.
 * @param {import("./laboratory.mjs").Laboratory} laboratory
 * @param {import("./laboratory.mjs").Running} running
 * @param {import("./cases.mjs").Case} one
 * @param {number} seconds whole ones
 * @returns {Promise<Counted>}
 */
export async function measure(laboratory, { ports, processes }, { kind, path, resume = false }, seconds) {
  const url = kind === "http" ? `http://127.0.0.1:${ports.http}${path}` : `https://127.0.0.1:${ports.https}${path}`;
  // The first request fills the cache.
  await answers(url);
  const before = processorTime(processes);
  const report =
    kind === "handshakes"
      ? await handshakes(laboratory, url, seconds, resume)
      : await (kind === "https2" ? h2load : wrk)(laboratory, url, seconds);
  const used = microsecondsSince(processes, before);
  const round = (/** @type {number} */ value, /** @type {number} */ digits) => Number(value.toFixed(digits));
  return {
    perSecond: round(report.requests / report.seconds, 0),
    p50: round(report.p50, 2),
    p99: round(report.p99, 2),
    failed: report.failed,
    cpu: round(used / report.requests, 1),
    ...(report.resumed === undefined ? {} : { resumed: round(report.resumed / report.requests, 3) }),
  };
}
