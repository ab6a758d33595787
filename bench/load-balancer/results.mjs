// Rounds → medians, ratios within a round, and whether the goals are met: as JSON for programs and as tables in the README for people.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { table, writeResults } from "../readme.mjs";
import { CASES } from "./cases.mjs";
import { goals } from "./goals.mjs";

const FILE = fileURLToPath(new URL("results.json", import.meta.url));

/**
 * @typedef {object} Results
 * @property {string} date
 * @property {string} command
 * @property {string} machine
 * @property {number} load the machine's load average at the end; the benchmark itself makes about 2
 * @property {number} rounds
 * @property {number} seconds of each measurement
 * @property {{id: string, title: string, version: string}[]} contenders ours first
 * @property {string[]} missing contenders that could not take part, with the reason
 * @property {Record<string, Record<string, import("./generators.mjs").Counted[]>>} measured by case and contender, one for each round
 */

/** @param {number[]} values */
export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

/** Median of one figure; undefined where nothing was measured. @param {Results} results @param {string} id @param {string} contender @param {keyof import("./generators.mjs").Counted} figure */
export function figureOf({ measured }, id, contender, figure) {
  const rounds = measured[id]?.[contender];
  return rounds && median(rounds.map((counted) => counted[figure] ?? NaN));
}

/**
 * How many requests ours answers for one of the other's, with the same processor time, round by round: what disturbs the machine disturbs both.
 * @param {Results} results @param {string} id @param {string} contender
 */
export function throughputOf(results, id, contender) {
  const inverse = ratioOf(results, id, contender, "cpu");
  return inverse && { median: 1 / inverse.median, low: 1 / inverse.high, high: 1 / inverse.low };
}

/**
 * Ours through the other's, round by round.
 * @param {Results} results @param {string} id @param {string} contender @param {keyof import("./generators.mjs").Counted} figure
 */
export function ratioOf({ measured, contenders }, id, contender, figure) {
  const ours = measured[id]?.[contenders[0]?.id ?? ""];
  const theirs = measured[id]?.[contender];
  if (!ours || !theirs) return undefined;
  const ratios = ours.map((counted, round) => (counted[figure] ?? NaN) / (theirs[round]?.[figure] ?? NaN));
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

const ratio = (/** @type {ReturnType<typeof ratioOf>} */ value) =>
  value ? `${value.median.toFixed(2)} (${value.low.toFixed(2)}–${value.high.toFixed(2)})` : "-";

/** @param {Results} results */
function throughput(results) {
  const [, ...others] = results.contenders;
  const heading = ["Throughput, times", ...others.map(({ title }) => title)];
  const rows = CASES.filter(({ id, alone }) => results.measured[id] && !alone).map(({ id, title }) => [
    title,
    ...others.map((other) => ratio(throughputOf(results, id, other.id))),
  ]);
  return table(heading, rows);
}

/** @param {Results} results @param {string} heading @param {(id: string, contender: string) => string} cell */
function figures(results, heading, cell) {
  const rows = CASES.filter(({ id }) => results.measured[id]).map(({ id, title }) => [
    title,
    ...results.contenders.map((contender) => (results.measured[id]?.[contender.id] ? cell(id, contender.id) : "-")),
  ]);
  return table([heading, ...results.contenders.map(({ title }) => title)], rows);
}

/** @param {Results} results */
export function describe(results) {
  const latency = (/** @type {string} */ id, /** @type {string} */ contender) =>
    /** @type {const} */ (["p50", "p99"]).map((figure) => figureOf(results, id, contender, figure)?.toFixed(1)).join(" / ");
  const cpu = (/** @type {string} */ id, /** @type {string} */ contender) => figureOf(results, id, contender, "cpu")?.toFixed(0) ?? "-";
  const rate = (/** @type {string} */ id, /** @type {string} */ contender) =>
    figureOf(results, id, contender, "perSecond")?.toFixed(0) ?? "-";
  const failed = Object.entries(results.measured).flatMap(([id, byContender]) =>
    Object.entries(byContender).flatMap(([contender, rounds]) => {
      const count = rounds.reduce((sum, counted) => sum + counted.failed, 0);
      return count > 0 ? [`${contender} in ${id}: ${count}`] : [];
    }),
  );
  return [
    `Measured on ${results.date.slice(0, 10)} with \`${results.command}\`: ${results.machine}, load average ${results.load.toFixed(0)}; ${results.rounds} rounds of ${results.seconds} s for each figure. ${results.contenders.map(({ title, version }) => `${title}: ${version}`).join("; ")}.`,
    ...results.missing.map((reason) => `Not measured: ${reason}`),
    throughput(results),
    figures(results, "Balancer's processor time, µs a request", cpu),
    figures(results, "Requests per second", rate),
    figures(results, "p50 / p99, milliseconds", latency),
    `Failed requests: ${failed.length > 0 ? failed.join("; ") : "none"}.`,
    table(
      ["Goal", "Reached", ""],
      goals(results).map(({ goal, reached, met }) => [goal, reached, met ? "met" : "**missed**"]),
    ),
  ].join("\n\n");
}

/** Writes results.json and the tables. @param {Results} results */
export async function write(results) {
  writeFileSync(FILE, await format(JSON.stringify(results), { ...(await resolveConfig(FILE)), filepath: FILE }));
  await writeResults(import.meta.url, describe(results));
}
