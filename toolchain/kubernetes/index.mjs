// A real Kubernetes cluster: one that the user names, one by kind, or one from source on this machine.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mountsBelow, unmountBelow } from "../docker/leftovers.mjs";
import { createNetns, deleteNetns } from "../docker/netns.mjs";
import { ToolchainError } from "../errors.mjs";
import { withLock } from "../lock.mjs";
import { paths as defaultPaths } from "../paths.mjs";
import { find, must, run, sleep } from "../process.mjs";
import { progress as defaultProgress } from "../progress.mjs";
import { hasCertificates, makeCertificates } from "./certificates.mjs";
import { startControlPlane } from "./control-plane.mjs";
import { deleteKind, ensureKind, KIND_NAME, nodesOf } from "./existing.mjs";
import { importImages } from "./images.mjs";
import { layout, MOST_NODES, nodeLayout } from "./layout.mjs";
import { addressIn, leaveNetwork, namespaceExists, prepareNetwork } from "./network.mjs";
import { startNode, stopNode } from "./node.mjs";
import { end, readRecord, writeRecord } from "./processes.mjs";
import { buildPrograms, ensureKubectl, ensurePackages } from "./programs.mjs";

/** @import { Paths } from "../paths.mjs" */
/** @import { Progress } from "../progress.mjs" */
/** @import { Machine } from "./control-plane.mjs" */
/** @import { ClusterNode } from "./existing.mjs" */
/** @import { ClusterRecord } from "./processes.mjs" */

/**
 * @typedef {object} Cluster
 * @property {"context" | "kind" | "source"} origin
 * @property {string} kubeconfig File; "" where the usual places are meant (KUBECONFIG, ~/.kube/config).
 * @property {string} context
 * @property {string} kubectl Path of a kubectl that fits.
 * @property {ClusterNode[]} nodes
 * @property {string | undefined} netns The network namespace that it runs in.
 * @property {string | undefined} address Where node ports are reached from the host.
 * @property {(archives: string[], nodes?: string[]) => Promise<void>} loadImages Loads Docker archives (`docker save`) into all nodes, or the named ones.
 * @property {(name: string) => Promise<void>} stopNode Takes a node away at once, as a power cut does. From source only.
 * @property {(name: string) => Promise<void>} startNode Brings it back.
 * @property {() => Promise<void>} stop Takes the cluster down with everything in it; one that the user named is left alone.
 */

/**
 * @typedef {object} ClusterOptions
 * @property {string} home Folder of the cluster; all of it belongs to the cluster.
 * @property {number} [nodes] Default 1; each is in a zone of its own.
 * @property {string} [netns] Run from source in this network namespace (docker/netns.mjs); default one of its own.
 * @property {string} [context] A context of the user's kubeconfig to use instead; default the environment variable TESTBRO_KUBE_CONTEXT.
 * @property {"auto" | "kind" | "source"} [mode] Default the environment variable TESTBRO_CLUSTER, else `auto`: kind where it is installed.
 * @property {boolean} [metrics] Whether a cluster from source serves metrics, which autoscalers need; default true. Without, it need not be built.
 * @property {NodeJS.ProcessEnv} [env]
 * @property {(line: string) => void} [log]
 * @property {Progress} [progress]
 * @property {Paths} [paths]
 */

/** @typedef {ClusterOptions & { env: NodeJS.ProcessEnv, progress: Progress, paths: Paths, nodes: number }} Context */

/** @param {ClusterOptions} options @returns {Context} */
function contextOf(options) {
  const env = options.env ?? process.env;
  return {
    ...options,
    nodes: options.nodes ?? 1,
    env,
    progress: options.progress ?? defaultProgress,
    paths: options.paths ?? defaultPaths(env),
  };
}

/**
 * Installs and builds what a cluster from source consists of, without starting one: for those who have to say beforehand how long a start
 * may take.
 *
 * @param {Omit<ClusterOptions, "home">} [options]
 * @returns {Promise<Record<string, string>>} Paths of the programs by name.
 * @throws {ToolchainError} Where it cannot be had.
 */
export async function prepareCluster(options = {}) {
  const context = contextOf({ ...options, home: "" });
  await ensurePackages(context);
  return buildPrograms(context, { metrics: context.metrics ?? true });
}

/**
 * @param {ClusterOptions} options
 * @returns {Promise<Cluster>} Its nodes are ready and its metrics are served.
 * @throws {ToolchainError} Why there can be none here, and what to do.
 */
export async function ensureCluster(options) {
  const context = contextOf(options);
  const { env } = context;
  if (!Number.isInteger(context.nodes) || context.nodes < 1 || context.nodes > MOST_NODES)
    throw new ToolchainError(`${options.nodes} nodes: a cluster here has 1 to ${MOST_NODES}.`);
  const mode = options.mode ?? env.TESTBRO_CLUSTER ?? "auto";
  if (!["auto", "kind", "source"].includes(mode))
    throw new ToolchainError(`TESTBRO_CLUSTER is "${mode}"; set it to one of auto, kind, source, or leave it out for auto.`);
  const named = options.context ?? env.TESTBRO_KUBE_CONTEXT;
  if (named) return existing(context, named);
  const kind = find("kind", env);
  if (mode === "kind" && !kind) throw new ToolchainError("TESTBRO_CLUSTER is kind, and kind is not installed (https://kind.sigs.k8s.io).");
  if (kind && mode !== "source" && !options.netns && !readRecord(layout(options.home).record)) return byKind(context, kind);
  return fromSource(context);
}

/** @param {string} what */
const notHere = (what) => async () => {
  throw new ToolchainError(`${what} is possible only with the cluster from source.`);
};

/** @param {Context} context @param {string} name @returns {Promise<Cluster>} */
async function existing(context, name) {
  const kubectl = await ensureKubectl(context);
  const nodes = await nodesOf(kubectl, "", name, context.env);
  const refuse = notHere("Stopping a node");
  const loadImages = notHere("Loading images");
  return {
    origin: "context",
    kubeconfig: "",
    context: name,
    kubectl,
    nodes,
    netns: undefined,
    address: nodes[0]?.address,
    loadImages,
    stopNode: refuse,
    startNode: refuse,
    stop: async () => {},
  };
}

/** @param {Context} context @param {string} kind @returns {Promise<Cluster>} */
async function byKind(context, kind) {
  const { home, env, progress } = context;
  const kubectl = await ensureKubectl(context);
  const kubeconfig = await progress.step("Starting a cluster by kind", () => ensureKind({ kind, home, nodes: context.nodes, env }));
  const name = `kind-${KIND_NAME}`;
  const nodes = await nodesOf(kubectl, kubeconfig, name, env);
  const refuse = notHere("Stopping a node");
  return {
    origin: "kind",
    kubeconfig,
    context: name,
    kubectl,
    nodes,
    netns: undefined,
    address: nodes[0]?.address,
    loadImages: async (archives) => {
      for (const archive of archives)
        await must(kind, ["load", "image-archive", archive, "--name", KIND_NAME], { env, timeout: 600_000, what: `loading ${archive}` });
    },
    stopNode: refuse,
    startNode: refuse,
    stop: async () => void (await stopCluster({ home, env })),
  };
}

/** @param {string} home What this cluster's namespace and control groups are named by. */
const idOf = (home) => `testbro-k8s-${createHash("sha256").update(home).digest("hex").slice(0, 8)}`;

/** @param {Context} context @returns {Promise<Cluster>} */
async function fromSource(context) {
  const { home, env, progress } = context;
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new ToolchainError(
      "A cluster from source needs Linux and root. Do one of these:\n  - install kind (https://kind.sigs.k8s.io) and Docker\n  - name a context of your kubeconfig in TESTBRO_KUBE_CONTEXT",
    );
  }
  nodeLayout(home, idOf(home), 1);
  const programs = await prepareCluster(context);
  return withLock(`${home}.lock`, async () => {
    const before = readRecord(layout(home).record);
    if (before && !(await namespaceExists(before.netns, env))) await takeDown(home, env);
    const record = readRecord(layout(home).record) ?? (await begin(context));
    if (record.nodes !== context.nodes && context.nodes > record.nodes) record.nodes = context.nodes;
    const machine = machineOf(home, record, programs, env);
    machine.save();
    await progress.step(`Starting the cluster with ${record.nodes} node${record.nodes > 1 ? "s" : ""}`, (detail) =>
      bringUp(machine, detail),
    );
    return clusterOf(machine);
  });
}

/** @param {string} home @param {ClusterRecord} record @param {Record<string, string>} programs @param {NodeJS.ProcessEnv} env @returns {Machine} */
const machineOf = (home, record, programs, env) => ({
  home,
  record,
  programs,
  save: () => writeRecord(layout(home).record, record),
  // Sessions of the user's own clusters are none of its business.
  env: { ...env, KUBECONFIG: undefined, PATH: `${env.PATH ?? ""}:/usr/sbin:/sbin`, XTABLES_LOCKFILE: join(home, "xtables.lock") },
});

/** @param {Context} context @returns {Promise<ClusterRecord>} */
async function begin({ home, netns, nodes, env }) {
  const id = idOf(home);
  if (netns) return { id, netns, ownNetns: false, address: await addressIn(netns, env), nodes, processes: {} };
  await deleteNetns(id, { env });
  const { name, address } = await createNetns(id, { env });
  return { id, netns: name, ownNetns: true, address, nodes, processes: {} };
}

/** @param {Machine} machine */
const nodesIn = (machine) => Array.from({ length: machine.record.nodes }, (_, i) => nodeLayout(machine.home, machine.record.id, i + 1));

/** @param {Machine} machine @param {(detail: string) => void} detail */
async function bringUp(machine, detail) {
  const files = layout(machine.home);
  const nodes = nodesIn(machine);
  if (!hasCertificates(files.certificates)) {
    detail("certificates");
    const reserved = Object.fromEntries(
      Array.from({ length: MOST_NODES }, (_, i) => nodeLayout(machine.home, machine.record.id, i + 1)).map(({ name, address }) => [
        name,
        address,
      ]),
    );
    await makeCertificates(files.certificates, reserved, machine.record.address, machine.env);
  }
  const tokens = tokensOf(machine);
  await prepareNetwork(machine);
  await startControlPlane(machine, tokens, detail);
  for (const node of nodes) {
    detail(node.name);
    await startNode(machine, node, tokens[node.name] ?? "");
  }
  const kubectl = (/** @type {string[]} */ ...args) =>
    run(/** @type {string} */ (machine.programs.kubectl), ["--kubeconfig", files.kubeconfig, ...args], {
      env: machine.env,
      timeout: 200_000,
    });
  detail("waiting for the nodes");
  for (const { name } of nodes) {
    // A kubelet takes a moment to register its node.
    for (const condition of ["create", "condition=Ready"]) {
      const { code, stderr } = await kubectl("wait", "node", name, `--for=${condition}`, "--timeout=180s");
      if (code !== 0) throw new ToolchainError(`${name} does not become ready; see ${files.logs}.\n${stderr.trim()}`);
    }
  }
  if (!machine.programs["metrics-server"]) return;
  detail("waiting for the first metrics");
  for (let attempt = 0; !(await hasMetrics(kubectl, nodes.length)); attempt++) {
    if (attempt > 120)
      throw new ToolchainError(`metrics-server has no metrics of the nodes; see ${join(files.logs, "metrics-server.log")}.`);
    await sleep(1000);
  }
}

/** @param {(...args: string[]) => Promise<import("../process.mjs").Result>} kubectl @param {number} count */
async function hasMetrics(kubectl, count) {
  const { code, stdout } = await kubectl("get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes");
  return code === 0 && JSON.parse(stdout).items.length >= count;
}

/** @param {Machine} machine @returns {Record<string, string>} */
const tokensOf = (machine) => JSON.parse(readFileSync(join(layout(machine.home).certificates, "tokens.json"), "utf8"));

/** @param {Machine} machine @returns {Cluster} */
function clusterOf(machine) {
  const { home, record, programs, env } = machine;
  const nodes = nodesIn(machine);
  const named = (/** @type {string} */ name) => {
    const node = nodes.find((candidate) => candidate.name === name);
    if (!node) throw new ToolchainError(`There is no node ${name}; there are ${nodes.map((each) => each.name).join(", ")}.`);
    return node;
  };
  return {
    origin: "source",
    kubeconfig: layout(home).kubeconfig,
    context: "testbro",
    kubectl: /** @type {string} */ (programs.kubectl),
    nodes: nodes.map(({ name, zone, address }) => ({ name, zone, address })),
    netns: record.netns,
    address: record.address,
    loadImages: (archives, names) => importImages(archives, names ? names.map(named) : nodes, env),
    stopNode: (name) => stopNode(machine, named(name)),
    startNode: (name) => startNode(machine, named(name), tokensOf(machine)[name] ?? ""),
    stop: async () => void (await stopCluster({ home, env })),
  };
}

/**
 * Takes down the cluster that was made in a folder, by whatever process: its processes, pods, mounts, control groups, network
 * and data.
 *
 * @param {{ home: string, env?: NodeJS.ProcessEnv, progress?: Progress }} options
 * @returns {Promise<{ stopped: boolean }>} Whether there was one.
 */
export async function stopCluster({ home, env = process.env, progress = defaultProgress }) {
  if (!existsSync(home)) return { stopped: false };
  return withLock(`${home}.lock`, async () => {
    if (await deleteKind({ home, env })) {
      rmSync(home, { recursive: true, force: true });
      return { stopped: true };
    }
    return { stopped: await progress.step("Taking the cluster down", () => takeDown(home, env)) };
  });
}

/** @param {string} home @param {NodeJS.ProcessEnv} env */
async function takeDown(home, env) {
  const record = readRecord(layout(home).record);
  if (record) {
    const machine = machineOf(home, record, {}, env);
    for (const node of nodesIn(machine)) await stopNode(machine, node);
    for (const started of Object.values(record.processes).reverse()) await end(started);
    if (record.ownNetns) await deleteNetns(record.netns, { env });
    else await leaveNetwork(machine);
  }
  await unmountBelow([home], env);
  const left = mountsBelow([home]);
  if (left.length > 0) throw new ToolchainError(`${home} is not removed, since something is still mounted there: ${left.join(", ")}.`);
  rmSync(home, { recursive: true, force: true });
  return record !== undefined;
}
