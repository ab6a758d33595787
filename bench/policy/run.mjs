// Measures the policy pack over its own protocol: start, time per resource, memory. Prints a Markdown table; --check fails above the targets.
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { startPack } from "./pack-process.mjs";

const require = createRequire(import.meta.url);
const docker = require("../../policy/dist/fixtures/docker.js");
const kube = require("../../policy/dist/fixtures/kubernetes.js");
const { GROUPS } = require("../../policy/dist/core/rule.js");

/** Milliseconds the pack may add to the start of a preview. */
const START_TARGET = 1500;
/** Milliseconds a resource may cost for each group of rules. */
const RESOURCE_TARGET = 0.2;
const SIZES = process.argv.includes("--quick") ? [1000] : [1000, 10_000];
const BASES = [
  docker.service,
  docker.container,
  docker.network,
  docker.config,
  kube.deployment,
  kube.clusterService,
  kube.networkPolicy,
  kube.configMap,
  kube.disruptionBudget,
  kube.ingress,
];

/** A stack of `count` well-made resources of both platforms, names and namespaces spread as in life. */
function stack(count) {
  return Array.from({ length: count }, (_, index) => {
    const base = BASES[index % BASES.length];
    const tier = Math.floor(index / BASES.length);
    const props = structuredClone(base.props);
    if (props.metadata) props.metadata.namespace = `shop-${Math.floor(tier / 20)}`;
    return { type: base.type, name: `${base.name}-${tier}`, props };
  });
}

const starts = async (folder) => {
  const times = [];
  for (let run = 0; run < 5; run++) {
    const pack = await startPack(folder);
    times.push(pack.started);
    pack.stop();
  }
  return times.sort((a, b) => a - b)[2];
};

const empty = await starts("empty");
const own = await starts("../../policy/pack");
let failed = own - empty > START_TARGET;
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0].model.trim()}\n`);
console.log("| what | ms |\n|---|---|");
console.log(`| start of a pack without rules, median of 5 | ${empty.toFixed(0)} |`);
console.log(`| start of this pack | ${own.toFixed(0)} |`);
console.log(`| added (target ${START_TARGET}) | ${(own - empty).toFixed(0)} |\n`);
console.log(
  `| resources | analyze, ms each | stack rules, ms each | ms a resource and group (target ${RESOURCE_TARGET}) | memory before, MiB | most, MiB | after, MiB |\n|---|---|---|---|---|---|---|`,
);
for (const size of SIZES) {
  const resources = stack(size);
  const bare = await startPack("empty");
  const bareTime = await time(async () => {
    for (const resource of resources) await bare.analyze(resource);
  });
  bare.stop();
  const pack = await startPack("../../policy/pack");
  for (const resource of resources.slice(0, 200)) await pack.analyze(resource);
  const before = pack.memory();
  let most = before;
  const each = await time(async () => {
    for (const [index, resource] of resources.entries()) {
      await pack.analyze(resource);
      if (index % 500 === 0) most = Math.max(most, pack.memory());
    }
  });
  const whole = await time(() => pack.analyzeStack(resources));
  most = Math.max(most, pack.memory());
  for (const resource of resources.slice(0, 1000)) await pack.analyze(resource);
  const perGroup = (each - bareTime + whole) / size / GROUPS.length;
  failed ||= perGroup > RESOURCE_TARGET;
  console.log(
    `| ${size} | ${((each - bareTime) / size).toFixed(2)} | ${(whole / size).toFixed(2)} | ${perGroup.toFixed(3)} | ${before.toFixed(0)} | ${most.toFixed(0)} | ${pack.memory().toFixed(0)} |`,
  );
  pack.stop();
}
if (process.argv.includes("--check") && failed) process.exitCode = 1;

async function time(action) {
  const began = performance.now();
  await action();
  return performance.now() - began;
}
