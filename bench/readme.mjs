// What a benchmark writes down: tables between two marks of its README, and the machine they were measured on.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";

/** Processors and memory of this machine. */
export const machine = () => `${processors()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;

/** Processors of this machine, and how busy they are: what times by the clock depend on. */
export const busyMachine = () => `${processors(`; load average ${(loadavg()[0] ?? NaN).toFixed(1)}`)}`;

/** @param {string} [more] */
const processors = (more = "") => `${cpus().length} CPUs (${cpus()[0]?.model.trim() ?? "unknown"}${more})`;

/** Today. */
export const today = () => new Date().toISOString().slice(0, 10);

/** The first and the last of some days, or the one they all are. @param {string[]} times ISO 8601 */
export function days(times) {
  const sorted = times.map((time) => time.slice(0, 10)).sort();
  return sorted[0] === sorted.at(-1) ? (sorted[0] ?? "") : `${sorted[0]} to ${sorted.at(-1)}`;
}

/** A table. @param {string[]} heading @param {unknown[][]} rows */
export const table = (heading, rows) => [heading, heading.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/**
 * Puts results between `<!-- results -->` and `<!-- end of results -->` of the README beside a benchmark.
 * @param {string} benchmark its `import.meta.url`
 * @param {string} results Markdown
 * @param {string} [name] what the marks say instead of "results"
 */
export async function writeResults(benchmark, results, name = "results") {
  const file = fileURLToPath(new URL("README.md", benchmark));
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const text = readFileSync(file, "utf8");
  if (!text.includes(begin) || !text.includes(end)) throw new Error(`${file} lacks ${begin} or ${end}`);
  const readme = `${text.slice(0, text.indexOf(begin) + begin.length)}\n\n${results}\n\n${text.slice(text.indexOf(end))}`;
  writeFileSync(file, await format(readme, { ...(await resolveConfig(file)), filepath: file }));
}
