#!/usr/bin/env node
// Replays traces through every algorithm and writes the tables: node bench/autoscaler/run.mjs [--quick]
// Needs a built autoscaler (npm run build). Writes README.md and results.json beside itself.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { synthetic } from "./synthetic.mjs";

const require = createRequire(import.meta.url);
const { parseTrace, parseTime, formatTime, replay } = require("../../autoscaler/dist/simulate/trace.js");
const { run, bounds } = require("../../autoscaler/dist/simulate/model.js");
const { ALGORITHMS } = require("../../autoscaler/dist/simulate/algorithms/index.js");
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const quick = process.argv.includes("--quick");
const trace = parseTrace(readFileSync(here("traces/worldcup98/requests-per-minute.csv"), "utf8"));
const between = (from, to) => replay(trace, { from: parseTime(from), to: parseTime(to) });

const score = (algorithm, cut, options = {}) => run(cut, ALGORITHMS[algorithm](bounds(options.capacity)), options);
const fixed = (value, digits) => value.toFixed(digits);
const names = Object.keys(ALGORITHMS);

/** One table: every algorithm on one load. */
function compare(title, cut, options = {}) {
  const rows = names.map((algorithm) => {
    const { totals, course } = score(algorithm, cut, options);
    return { algorithm, ...totals, coverSeconds: options.stepAt === undefined ? undefined : cover(course, options) };
  });
  return { title, rows };
}

/** Seconds from the step until the ready capacity covers the load. */
function cover(course, { stepAt, capacity = 100 }) {
  for (let tick = stepAt / 5; tick < course.load.length; tick++)
    if (course.ready[tick] * capacity >= course.load[tick]) return tick * 5 - stepAt;
  return Infinity;
}

/** How often ours is worse than Kubernetes on the request rate, over many loads. */
function sweep(title, loads, options = {}) {
  const result = { title, loads: 0, moreOver: 0, moreMean: 0, over: 0, hpaOver: 0, meanRatio: 0, actions: 0, hpaActions: 0, worst: [] };
  for (const { name, cut, ...own } of loads) {
    const mine = score("ours", cut, { ...options, ...own }).totals;
    const theirs = score("hpa-rps", cut, { ...options, ...own }).totals;
    result.loads++;
    const moreOver = mine.overCapacityPercent > theirs.overCapacityPercent + 1e-9;
    const moreMean = mine.meanReplicas > theirs.meanReplicas * 1.01;
    if (moreOver) result.moreOver++;
    if (moreMean) result.moreMean++;
    if (moreOver || moreMean)
      result.worst.push({
        name,
        over: mine.overCapacityPercent,
        hpaOver: theirs.overCapacityPercent,
        meanRatio: mine.meanReplicas / theirs.meanReplicas,
      });
    result.over += mine.overCapacityPercent;
    result.hpaOver += theirs.overCapacityPercent;
    result.meanRatio += mine.meanReplicas / theirs.meanReplicas;
    result.actions += mine.actions;
    result.hpaActions += theirs.actions;
  }
  for (const key of ["over", "hpaOver", "meanRatio"]) result[key] /= result.loads;
  result.worst.sort((a, b) => b.over - b.hpaOver + b.meanRatio - (a.over - a.hpaOver + a.meanRatio));
  result.worst = result.worst.slice(0, 5);
  return result;
}

function windows(hours) {
  const first = parseTime("1998-05-01");
  const list = [];
  for (let from = first; from + hours * 3600 <= parseTime("1998-07-26"); from += hours * 3600) {
    list.push({ name: `${formatTime(from)} + ${hours} h`, cut: replay(trace, { from, to: from + hours * 3600 }) });
  }
  return list;
}

const flash = between("1998-05-12 05:00", "1998-05-12 09:00");
const finals = between("1998-07-11", "1998-07-13");
const modes = [
  ["", {}],
  [", noise 1", { noise: 1 }],
  [", lag 10", { lag: 10 }],
];
const loads = synthetic();
const tables = [];
for (const [suffix, options] of modes) {
  tables.push(compare(`Flash crowd, 1998-05-12 05:00 to 09:00${suffix}`, flash, options));
  tables.push(compare(`Finals, 1998-07-11 to 1998-07-13${suffix}`, finals, options));
}
for (const { title, cut, ...options } of loads.single) tables.push(compare(title, cut, options));
const sweeps = [];
for (const [suffix, options] of quick ? modes.slice(0, 1) : modes)
  sweeps.push(sweep(`World Cup, every day${suffix}`, windows(24), options));
if (!quick) {
  sweeps.push(sweep("World Cup, every 4 hours", windows(4)));
  sweeps.push(sweep("World Cup, every 48 hours", windows(48)));
}
for (const [family, list] of Object.entries(loads.families)) sweeps.push(sweep(`synthetic: ${family}`, list));

const date = new Date().toISOString().slice(0, 10);
const table = ({ title, rows }) => {
  const steps = rows[0].coverSeconds !== undefined;
  const head = `| algorithm | over capacity % | saturated % | mean replicas | of the oracle | actions | reversals | peak |${steps ? " capacity after s |" : ""}`;
  const line = (r) =>
    `| ${r.algorithm} | ${fixed(r.overCapacityPercent, 3)} | ${fixed(r.saturatedPercent, 3)} | ${fixed(r.meanReplicas, 3)} | ${fixed(r.meanReplicas / r.oracleMeanReplicas, 4)} | ${r.actions} | ${r.reversals} | ${r.peakReplicas} |${steps ? ` ${r.coverSeconds} |` : ""}`;
  return `### ${title}\n\n${head}\n|${" --- |".repeat(steps ? 9 : 8)}\n${rows.map(line).join("\n")}\n`;
};
const sweepHead =
  "| loads | number | more over capacity than HPA | mean over HPA's + 1 % | over capacity %, ours | HPA | mean, ours / HPA | actions, ours | HPA |";
const sweepLine = (s) =>
  `| ${s.title} | ${s.loads} | ${s.moreOver} | ${s.moreMean} | ${fixed(s.over, 4)} | ${fixed(s.hpaOver, 4)} | ${fixed(s.meanRatio, 4)} | ${s.actions} | ${s.hpaActions} |`;
const worst = sweeps.flatMap((s) =>
  s.worst.map((w) => `| ${s.title} | ${w.name} | ${fixed(w.over, 4)} | ${fixed(w.hpaOver, 4)} | ${fixed(w.meanRatio, 4)} |`),
);
const intro = readFileSync(here("introduction.md"), "utf8");
const text = `${intro}
Measured on ${date} with \`node bench/autoscaler/run.mjs${quick ? " --quick" : ""}\`; figures are exact and repeatable (the model has no clock and every draw a seed).

## Against Kubernetes on the request rate, load by load

${sweepHead}
|${" --- |".repeat(9)}
${sweeps.map(sweepLine).join("\n")}

Where ours is worse, the worst five of each row:

| loads | load | over capacity %, ours | HPA | mean, ours / HPA |
| --- | --- | --- | --- | --- |
${worst.join("\n")}

## Single loads

${tables.map(table).join("\n")}`;
writeFileSync(here("README.md"), text);
writeFileSync(here("results.json"), `${JSON.stringify({ date, tables, sweeps }, undefined, 1)}\n`);
console.log(`${sweepHead}\n${sweeps.map(sweepLine).join("\n")}`);
