// Results as JSON for programs and as a table in the README for people.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";

const FILE = fileURLToPath(new URL("results.json", import.meta.url));
const README = fileURLToPath(new URL("README.md", import.meta.url));
const [BEGIN, END] = ["<!-- results -->", "<!-- end of results -->"];

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
  const table = [heading, heading.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
  const dates = sorted.map(({ startedAt }) => startedAt.slice(0, 10)).sort();
  const when = dates[0] === dates.at(-1) ? dates[0] : `${dates[0]} to ${dates.at(-1)}`;
  const machine = `${cpus().length} CPUs (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, client and stack on the same machine`;
  const text = readFileSync(README, "utf8");
  const [head, tail] = [text.slice(0, text.indexOf(BEGIN) + BEGIN.length), text.slice(text.indexOf(END))];
  const readme = `${head}\n\nMeasured on ${when} with \`npm run bench:scaling\`: ${machine}.\n\n${table}\n\n${tail}`;
  writeFileSync(README, await format(readme, { ...(await resolveConfig(README)), filepath: README }));
}
