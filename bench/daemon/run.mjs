// npm run bench:daemon [-- --services N --turns N]: processor time and memory of the auto-scaler's daemon with many services.
// Writes its results into README.md, unless other numbers than the default are asked for.
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundle } from "../../autoscaler/bundle.mjs";
import { busyMachine, today, writeResults } from "../readme.mjs";
import { Engine } from "./engine.mjs";
import { Prometheus } from "./prometheus.mjs";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** Seconds of processor time a turn, and megabytes of resident memory at most. */
const TARGETS = { cpu: 1, peak: 150 };
/** Seconds of the daemon's clock between two turns: its shipped pace; turns, longer than any window of the decisions; turns between two scrapes by Prometheus. */
const [INTERVAL, TURNS, SCRAPED] = [5, 240, 3];
/** Wednesday noon. */
const START = Date.UTC(2026, 10, 25, 12) / 1000;

const { values } = parseArgs({
  options: { services: { type: "string", default: "1000" }, turns: { type: "string", default: String(TURNS) } },
});
const [count, turns] = [Number(values.services), Number(values.turns)];
if (![count, turns].every((value) => Number.isInteger(value) && value > 1))
  throw new Error("--services and --turns want whole numbers above 1");

let time = START;
/** Requests per second: a swing of an hour, out of step from service to service, a fifth of noise, now and then twice as much for minutes. */
function rate(/** @type {number} */ index) {
  const phase = (time - START) / 3600 + index / count;
  const burst = Math.sin(index * 7 + (time - START) / 400) > 0.97 ? 2 : 1;
  const noise = 0.8 + 0.4 * ((Math.sin(index * 12.9898 + time * 78.233) * 43758.5453) % 1) ** 2;
  return (260 + 150 * Math.sin(2 * Math.PI * phase)) * burst * noise;
}

/** What the image sets for Node and for the C library's allocator. @returns {Record<string, string>} */
function memorySettings() {
  const dockerfile = readFileSync(join(FOLDER, "../../images/autoscaler/Dockerfile"), "utf8");
  const line = /^ENV (NODE_OPTIONS=.*)$/m.exec(dockerfile)?.[1];
  if (line === undefined) throw new Error("images/autoscaler/Dockerfile sets no NODE_OPTIONS");
  return Object.fromEntries([...line.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(([, name, quoted, plain]) => [name, quoted ?? plain]));
}

const folder = mkdtempSync(join(tmpdir(), "testbro-daemon-"));
const engine = new Engine({ count, now: () => time, cpu: (index, replicas) => Math.min(190, (rate(index) / replicas) * 0.9) });
const prometheus = new Prometheus({ now: () => time, rate });
const socket = join(folder, "engine.sock");
await engine.listen(socket);
const bundled = join(folder, "bundle");
await bundle(bundled, join(FOLDER, "process.mjs"));
const daemon = fork(join(bundled, "autoscaler.js"), {
  stdio: ["ignore", "ignore", "inherit", "ipc"],
  execArgv: [],
  env: {
    PATH: process.env.PATH,
    ...memorySettings(),
    AUTOSCALER_DOCKER: socket,
    AUTOSCALER_STATE: join(folder, "state"),
    AUTOSCALER_REQUESTS_QUERY: 'sum(rate(http_requests_total{workload="$service"}[15s]))',
    PROMETHEUS_URL: await prometheus.listen(),
  },
});
/** @returns {Promise<any>} the daemon's next message */
const answer = () =>
  new Promise((resolve, reject) => {
    daemon.once("message", resolve);
    daemon.once("exit", (code) => reject(new Error(`the daemon ended with code ${code}`)));
  });

const { address } = await answer();
const measured = [];
const faults = new Set();
let scrape = 0;
for (let turn = 0; turn < turns; turn++, time += INTERVAL) {
  daemon.send({ time });
  const result = await answer();
  daemon.removeAllListeners("exit");
  for (const problem of result.problems) faults.add(problem);
  if (result.services !== count) faults.add(`${result.services} of ${count} services were decided about in turn ${turn}`);
  measured.push(result);
  if (turn % SCRAPED === 0) scrape = (await (await fetch(`${address}/metrics`)).arrayBuffer()).byteLength;
  if (turn % SCRAPED === 0) await (await fetch(`${address}/api/status`)).arrayBuffer();
  if (turn % 60 === 0)
    console.log(
      `turn ${turn}: ${result.cpu.toFixed(2)} s CPU, ${result.wall.toFixed(2)} s, ${result.resident.toFixed(0)} MB, ${engine.changes} changes`,
    );
}
const state = statSync(join(folder, "state", "state.json")).size / 1e6;
daemon.send("end");
await new Promise((resolve) => daemon.once("exit", resolve));
engine.close();
prometheus.close();
rmSync(folder, { recursive: true, force: true });

/** @param {number[]} list @param {number} share */
const quantile = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? NaN;
const mean = (/** @type {number[]} */ list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const times = (/** @type {"cpu" | "wall"} */ key) => measured.slice(1).map((result) => result[key]);
const row = (/** @type {string} */ name, /** @type {"cpu" | "wall"} */ key) =>
  `| ${[name, measured[0][key], mean(times(key)), quantile(times(key), 0.5), quantile(times(key), 0.95), Math.max(...times(key))].map((cell) => (typeof cell === "number" ? cell.toFixed(2) : cell)).join(" | ")} |`;
const most = Math.max(...times("cpu"));
const peak = measured[measured.length - 1].peak;
const per = (/** @type {number} */ total) => (total / turns).toFixed(0);
const asked = [...engine.asked].map(([kind, number]) => `${kind} ${per(number)}`).join(", ");
const results = [
  `Measured on ${today()} with \`npm run bench:daemon${turns === TURNS ? "" : ` -- --turns ${turns}`}\`: ${count} services, ${turns} turns (${((turns * INTERVAL) / 60).toFixed(0)} minutes of the daemon's clock), Node ${process.version}, ${busyMachine()}.`,
  "",
  "| a turn | the first | mean | median | 95 % | most |",
  "| --- | --- | --- | --- | --- | --- |",
  row("processor time, s", "cpu"),
  row("on the wall, s", "wall"),
  "",
  `- Target of processor time: under ${TARGETS.cpu} s a turn; ${most < TARGETS.cpu ? "met by every turn after the first" : mean(times("cpu")) < TARGETS.cpu ? "met by the mean, **missed** by the dearest turn" : "**missed**"}${measured[0].cpu < TARGETS.cpu ? " and by the first" : ""}.`,
  `- Target of memory: ${TARGETS.peak} MB resident at most; the peak was ${peak.toFixed(0)} MB: ${peak <= TARGETS.peak ? "met" : "**missed**"}. After a quarter of the turns it was ${measured[Math.floor(turns / 4)].resident.toFixed(0)} MB, at the end ${measured[turns - 1].resident.toFixed(0)} MB.`,
  `- A turn asked Prometheus ${per(prometheus.asked)} queries and the engine, on average, this often: ${asked}. ${engine.changes} changes of a count were carried out. The state on disk is ${state.toFixed(1)} MB, an answer of \`/metrics\` ${(scrape / 1e6).toFixed(1)} MB.`,
  `- Problems that the daemon reported: ${faults.size === 0 ? "none" : [...faults].slice(0, 5).join("; ")}.`,
].join("\n");
console.log(`\n${results}`);
if (count === 1000 && turns === TURNS) {
  await writeResults(import.meta.url, results);
  console.log("\nResults: bench/daemon/README.md");
}
if (faults.size > 0 || most >= TARGETS.cpu || peak > TARGETS.peak) process.exitCode = 1;
