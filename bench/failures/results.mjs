// Results as JSON for programs and as a table in the README for people.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { days, machine, table, writeResults } from "../readme.mjs";

const FILE = fileURLToPath(new URL("results.json", import.meta.url));

/** Contradictions that are written down; the table has their number. */
const EXAMPLES = 20;

/** Whether two measurements are of the same: scenario, balancer and connections. */
const isSame = (a, b) => a.scenario === b.scenario && a.mode === b.mode && a.balancer === b.balancer;

/** Adds a measurement to the results; one of the same is replaced. @param {import("./measure.mjs").Measured} row */
export function keep(row) {
  const before = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : [];
  const kept = { ...row, contradictions: row.contradictions.slice(0, EXAMPLES), contradicted: row.contradictions.length };
  const rows = [...before.filter((each) => !isSame(each, row)), kept];
  writeFileSync(FILE, `${JSON.stringify(rows, null, 2)}\n`);
  return rows;
}

/** @param {import("./measure.mjs").Measured & {contradicted?: number}} row */
function cells(row) {
  const contradicted = row.contradicted ?? row.contradictions.length;
  const inFlight = row.inFlight > 0 ? ` (${row.inFlight} in flight on the killed process)` : "";
  const gap = row.failedFor > 0 ? `; failures within ${row.failedFor} s` : "";
  const saved = row.savedByRetry > 0 ? `; ${row.savedByRetry} answered by another replica` : "";
  return [
    row.title,
    row.balancer,
    row.mode,
    `${row.sent} in ${row.seconds} s`,
    String(row.failed.GET),
    `${row.failed.POST}${inFlight}`,
    row.allowed,
    row.latency ? `${row.latency.p99} / ${row.latency.max}` : "-",
    contradicted === 0 ? "agrees" : `${contradicted} differ`,
    [`${row.note}${gap}${saved}`, ...row.wrong.map((wrong) => `**${wrong}**`)].join("; "),
  ];
}

/** Writes the table into the README. @param {import("./measure.mjs").Measured[]} rows @param {string[]} order ids of scenarios */
export async function writeTable(rows, order) {
  const sorted = [...rows].sort(
    (a, b) => order.indexOf(a.scenario) - order.indexOf(b.scenario) || a.balancer.localeCompare(b.balancer) || a.mode.localeCompare(b.mode),
  );
  const heading = [
    "Event",
    "Balancer",
    "Connections",
    "Requests",
    "Failed GET",
    "Failed POST",
    "Not a defect",
    "p99 / max ms",
    "Its log",
    "Seen",
  ];
  const when = days(sorted.map(({ startedAt }) => startedAt));
  const note = `Measured on ${when} with \`npm run bench:failures\`: ${machine()}, client and stack on the same machine.`;
  await writeResults(import.meta.url, `${note}\n\n${table(heading, sorted.map(cells))}`);
}
