// npm run bench:observability [-- --minutes N] [--rate N] [--here]
// What Prometheus and everything else that watches the local stack takes, under a steady load; written into README.md.
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, ensureDependencies } from "../../scripts/local/dependencies.mjs";
import { main } from "../../scripts/local/deploy.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { apart, openStack } from "../local-stack.mjs";
import { busyMachine, table, today, writeResults } from "../readme.mjs";

const DEFAULTS = { minutes: 6, rate: 50 };

/** Who watches, by the ends of the services' names. */
const WATCHERS = ["prometheus", "postgres-exporter", "redis-exporter", "node-exporter", "blackbox", "engine-gate"];

/** What Prometheus says of itself. @type {[title: string, expr: (window: string) => string, digits: number][]} */
const ITSELF = [
  ["Series in memory", () => "max(prometheus_tsdb_head_series)", 0],
  ["Samples a second", (window) => `max(rate(prometheus_tsdb_head_samples_appended_total[${window}]))`, 0],
  ["Targets", () => "count(up)", 0],
  ["Rules", () => "sum(prometheus_rule_group_rules)", 0],
  ["Seconds of the slowest group of rules", () => "max(prometheus_rule_group_last_duration_seconds)", 3],
  ["MiB of the write-ahead log", () => `max(prometheus_tsdb_wal_storage_size_bytes) / ${2 ** 20}`, 1],
];

/** @param {{minutes: number, rate: number}} options */
async function measure({ minutes, rate }) {
  const { startLoadProcess } = await import("../../test/dist/load/index.js");
  const { App } = await import("../../test/dist/swarm/app.js");
  const stack = await openStack();
  const app = new App(stack.status);
  const window = `${minutes * 30}s`;
  const query = async (/** @type {string} */ expr) => {
    const { result } = await app.prometheus(`query?query=${encodeURIComponent(expr)}`);
    return /** @type {{metric: Record<string, string>, value: [number, string]}[]} */ (result);
  };
  const { urls, caFile } = stack.status;
  const load = startLoadProcess({ url: urls.app, caFile, rate, seconds: minutes * 60 + 60, mode: "keep-alive", get: ["/", "/api/whoami"] });
  for (let minute = 1; minute <= minutes; minute += 1) {
    await sleep(60_000);
    console.log(`${minute} of ${minutes} minutes`);
  }
  const first = async (/** @type {string} */ expr) => Number((await query(expr))[0]?.value[1]);
  const watchers = [];
  for (const end of WATCHERS) {
    const of = `{service="${stack.service(end)}"}`;
    const cpu = await first(`sum(rate(container_cpu_usage_seconds_total${of}[${window}]))`);
    const memory = await first(`sum(avg_over_time(container_memory_working_set_bytes${of}[${window}]))`);
    watchers.push([stack.service(end), (cpu * 1000).toFixed(1), (memory / 2 ** 20).toFixed(0)]);
  }
  const itself = [];
  for (const [title, expr, digits] of ITSELF) itself.push([title, (await first(expr(window))).toFixed(digits)]);
  const report = await load.stop();
  return { watchers, itself, sent: report.sent, failed: report.failed };
}

main(async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: String(DEFAULTS.minutes) },
      rate: { type: "string", default: String(DEFAULTS.rate) },
      here: { type: "boolean" },
    },
  });
  const [minutes, rate] = ["minutes", "rate"].map((name) => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 1)
      throw new ToolchainError(`--${name} is "${values[name]}". Fix: write a whole number above 0.`);
    return number;
  });
  await ensureDependencies();
  await build();
  if (!values.here) {
    process.exitCode = await apart(fileURLToPath(import.meta.url), process.argv.slice(2));
    return;
  }
  const { watchers, itself, sent, failed } = await measure({ minutes, rate });
  const note = `Measured on ${today()} with \`npm run bench:observability\`: ${busyMachine()}; ${rate} requests a second for ${minutes} minutes, ${sent} in all, ${failed} failed.`;
  const results = [note, table(["Service", "CPU, millicores", "Memory, MiB"], watchers), table(["Prometheus", ""], itself)].join("\n\n");
  console.log(`\n${results}`);
  if (minutes === DEFAULTS.minutes && rate === DEFAULTS.rate) await writeResults(import.meta.url, results);
});
