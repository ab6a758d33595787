// Measures the policy pack over its own protocol: start, time per resource, memory. Prints a Markdown table; --check fails above the targets.
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
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

/** Medians of five starts: milliseconds on the wall and of processor time. */
const starts = async (folder) => {
  const runs = [];
  for (let run = 0; run < 5; run++) {
    const pack = await startPack(folder);
    runs.push({ wall: pack.started, cpu: pack.startCpu });
    pack.stop();
  }
  const median = (key) => runs.map((run) => run[key]).sort((a, b) => a - b)[2];
  return { wall: median("wall"), cpu: median("cpu") };
};

/** Runs an action and says what it took, in milliseconds on the wall and of the pack's processor time. */
async function took(pack, action) {
  const [began, used] = [performance.now(), pack.cpu()];
  await action();
  return { wall: performance.now() - began, cpu: pack.cpu() - used };
}

const empty = await starts("empty");
const own = await starts("../../policy/pack");
let failed = own.cpu - empty.cpu > START_TARGET;
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0].model.trim()}, load ${loadavg()[0].toFixed(1)}\n`);
console.log("| start, median of 5 | processor time, ms | on the wall, ms |\n|---|---|---|");
console.log(`| a pack without rules | ${empty.cpu} | ${empty.wall.toFixed(0)} |`);
console.log(`| this pack | ${own.cpu} | ${own.wall.toFixed(0)} |`);
console.log(`| added (target ${START_TARGET}) | ${own.cpu - empty.cpu} | ${(own.wall - empty.wall).toFixed(0)} |\n`);
console.log(
  "| resources | resource rules, ms each | stack rules, ms each | " +
    `processor ms a resource and group (target ${RESOURCE_TARGET}) | wall | memory before, MiB | after resources | most, MiB | after, MiB |\n|---|---|---|---|---|---|---|---|---|`,
);
for (const size of SIZES) {
  const resources = stack(size);
  const bare = await startPack("empty");
  const bareTime = await took(bare, async () => {
    for (const resource of resources) await bare.analyze(resource);
  });
  bare.stop();
  const pack = await startPack("../../policy/pack");
  for (const resource of resources.slice(0, 200)) await pack.analyze(resource);
  const before = pack.memory();
  let most = before;
  const each = await took(pack, async () => {
    for (const [index, resource] of resources.entries()) {
      await pack.analyze(resource);
      if (index % 500 === 0) most = Math.max(most, pack.memory());
    }
  });
  const analysed = pack.memory();
  const whole = await took(pack, () => pack.analyzeStack(resources));
  most = Math.max(most, pack.memory());
  // Another thousand resources make the collector run: what is left is what is kept.
  for (const resource of resources.slice(0, 1000)) await pack.analyze(resource);
  const perGroup = (key) => (each[key] - bareTime[key] + whole[key]) / size / GROUPS.length;
  failed ||= perGroup("cpu") > RESOURCE_TARGET;
  const cells = [
    size,
    ((each.cpu - bareTime.cpu) / size).toFixed(2),
    (whole.cpu / size).toFixed(2),
    perGroup("cpu").toFixed(3),
    perGroup("wall").toFixed(3),
    before.toFixed(0),
    analysed.toFixed(0),
    most.toFixed(0),
    pack.memory().toFixed(0),
  ];
  console.log(`| ${cells.join(" | ")} |`);
  pack.stop();
}
if (process.argv.includes("--check") && failed) process.exitCode = 1;
