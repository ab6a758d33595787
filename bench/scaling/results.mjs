// Results as JSON for programs and as a table in the README for people.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { days, machine, table, writeResults } from "../readme.mjs";

const FILE = fileURLToPath(new URL("results.json", import.meta.url));

/** Adds a measurement to the results; one of the same scenario is replaced. @param {import("./scenarios.mjs").Row} row */
export function keep(row) {
  const before = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : [];
  const rows = [...before.filter(({ scenario }) => scenario !== row.scenario), row];
  writeFileSync(FILE, `${JSON.stringify(rows, null, 2)}\n`);
  return rows;
}

/** Writes the table into the README. @param {import("./scenarios.mjs").Row[]} rows @param {string[]} order ids of scenarios */
export async function writeTable(rows, order) {
  const sorted = [...rows].sort((a, b) => order.indexOf(a.scenario) - order.indexOf(b.scenario));
  const heading = ["Scenario", "Requests", "Failed", "Seen"];
  const cells = sorted.map(({ title, sent, failed, seen, wrong }) => [
    title,
    String(sent),
    String(failed),
    [seen, ...wrong.map((each) => `**${each}**`)].filter(Boolean).join("; "),
  ]);
  const when = days(sorted.map(({ startedAt }) => startedAt));
  const note = `Measured on ${when} with \`npm run bench:scaling\`: ${machine()}, client and stack on the same machine.`;
  await writeResults(import.meta.url, `${note}\n\n${table(heading, cells)}`);
}
