import { prepareCluster } from "../../toolchain/kubernetes/index.mjs";
import { ensurePebble } from "../../toolchain/pebble.mjs";
import { ensurePulumi } from "../../toolchain/pulumi/index.mjs";
import { ensureChromium } from "./chromium.mjs";
import { clusterImages, whyNoCluster } from "./cluster-images.mjs";
import { add } from "./counts.mjs";
import { inNamespace } from "./namespace.mjs";
import { ensurePromtool } from "./promtool.mjs";
import { check, goTest, mocha } from "./runners.mjs";

/** Specs that need nothing but Node: they live beside their sources. */
const UNIT_SPECS = [
  "components/dist/**/*.spec.js",
  "policy/dist/**/*.spec.js",
  "autoscaler/dist/**/*.spec.js",
  "prober/dist/**/*.spec.js",
  "discovery/dist/**/*.spec.js",
  "stacks/dist/**/*.spec.js",
  "demo/*/dist/**/*.spec.js",
  "test/dist/{load,reachability}/**/*.spec.js",
  "scripts/**/*.spec.mjs",
  "toolchain/*.spec.mjs",
  "toolchain/{pulumi,docker,kubernetes,traefik}/*.spec.mjs",
  "images/*.spec.mjs",
];

/** A cluster that is built from source. */
const CLUSTER_SPEC = "toolchain/integration/kubernetes.spec.mjs";

/** Suites that run only when they are named: a cluster builds for half an hour the first time, and each of these has a stack of its own. */
export const BY_NAME = new Set(["observability", "observability-faults", "traefik", "cluster", "kubernetes", "kubernetes-traefik"]);

/**
 * The production stack on clusters from source, each in a network namespace of its own making.
 *
 * @param {string[]} specs @param {string[]} args
 */
async function onCluster(specs, args) {
  const lacking = whyNoCluster();
  if (lacking) {
    console.log(`skipped: a cluster from source needs ${lacking}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  // Outside of every test's clock: on a fresh machine this takes half an hour.
  await ensurePulumi({ kubernetes: true });
  await prepareCluster();
  const env = { ...process.env, TESTBRO_CLUSTER_IMAGES: await clusterImages() };
  return mocha(
    specs.map((name) => `test/dist/kubernetes/${name}.spec.js`),
    { args, env },
  );
}

/**
 * Suites by name, in the order in which `npm test` runs them.
 * @type {Record<string, (options: {args: string[]}) => Promise<import("./counts.mjs").Counts>>}
 */
export const SUITES = {
  static: async () =>
    add([
      await check("formatting", "prettier", ["--check", "--log-level", "warn", "."]),
      await check("lint", "eslint", ["."]),
      await check("types of the toolchain", "tsc", ["-p", "toolchain"]),
    ]),
  unit: async ({ args }) => {
    const promtool = await ensurePromtool();
    return mocha(UNIT_SPECS, { args, env: { ...process.env, ...(promtool ? { PROMTOOL: promtool } : {}) } });
  },
  go: () => goTest("toolchain/go"),
  // In network namespaces of its own making, so not inside one.
  toolchain: ({ args }) => mocha(["toolchain/integration/*.spec.mjs"], { args: ["--ignore", CLUSTER_SPEC, ...args] }),
  cluster: ({ args }) => mocha([CLUSTER_SPEC], { args }),
  kubernetes: ({ args }) => onCluster(["one-node", "three-zones"], args),
  "kubernetes-traefik": ({ args }) => onCluster(["traefik"], args),
  // Every rule in the real Pulumi CLI; needs no engine.
  policy: ({ args }) => mocha(["policy/integration/*.spec.mjs"], { args }),
  "load-balancer": async ({ args }) => {
    const [promtool, chromium, pebble] = [await ensurePromtool(), await ensureChromium(), await ensurePebble()];
    const programs = {
      ...(promtool ? { PROMTOOL: promtool } : {}),
      ...(chromium ? { CHROMIUM: chromium } : {}),
      ...(pebble ? { PEBBLE: pebble } : {}),
    };
    return inNamespace((wrapped) =>
      mocha(["test/dist/load-balancer/**/*.spec.js"], { ...wrapped, args, env: { ...wrapped.env, ...programs } }),
    );
  },
  images: ({ args }) => inNamespace((wrapped) => mocha(["images/testing/*.spec.mjs"], { ...wrapped, args })),
  // A real project of `docker compose`.
  compose: ({ args }) => inNamespace((wrapped) => mocha(["test/dist/autoscaling/compose.spec.js"], { ...wrapped, args })),
  // The status page in a real browser; needs no engine.
  autoscaling: async ({ args }) => {
    const chromium = await ensureChromium();
    return mocha(["test/dist/autoscaling/page.spec.js"], { args, env: { ...process.env, ...(chromium ? { CHROMIUM: chromium } : {}) } });
  },
  // What is measured of the local stack, and who is told.
  observability: ({ args }) => inNamespace((wrapped) => mocha(["test/dist/observability/dashboards.spec.js"], { ...wrapped, args })),
  "observability-faults": ({ args }) => inNamespace((wrapped) => mocha(["test/dist/observability/faults.spec.js"], { ...wrapped, args })),
  swarm: ({ args }) => inNamespace((wrapped) => mocha(["test/dist/swarm/**/*.spec.js"], { ...wrapped, args })),
  // The local stack with the other balancer, its dashboard in a real browser, and the change from one to the other.
  traefik: async ({ args }) => {
    const chromium = await ensureChromium();
    return inNamespace((wrapped) =>
      mocha(["test/dist/traefik/**/*.spec.js"], { ...wrapped, args, env: { ...wrapped.env, ...(chromium ? { CHROMIUM: chromium } : {}) } }),
    );
  },
};
