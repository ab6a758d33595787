// Clusters that are not made here: one that the user names, or one by kind.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ToolchainError } from "../errors.mjs";
import { find, lastLines, must, run } from "../process.mjs";

/** @typedef {{ name: string, zone: string, address: string }} ClusterNode */

/**
 * @param {string} kubectl @param {string} kubeconfig @param {string} context @param {NodeJS.ProcessEnv} env
 * @returns {Promise<ClusterNode[]>}
 * @throws {ToolchainError} When the context does not exist or nothing answers there.
 */
export async function nodesOf(kubectl, kubeconfig, context, env) {
  const base = [...(kubeconfig ? ["--kubeconfig", kubeconfig] : []), "--context", context, "--request-timeout=10s"];
  const result = await run(kubectl, [...base, "get", "nodes", "-o", "json"], { env, timeout: 30_000 });
  if (result.code !== 0) {
    const known = await run(kubectl, [...base.slice(0, kubeconfig ? 2 : 0), "config", "get-contexts", "-o", "name"], {
      env,
      timeout: 20_000,
    });
    const contexts = known.stdout.trim().split("\n").filter(Boolean);
    throw new ToolchainError(
      `The Kubernetes context ${context} cannot be used. The kubeconfig has ${contexts.length > 0 ? contexts.join(", ") : "no contexts"}.\n${lastLines(result.stderr, 3)}`,
    );
  }
  return JSON.parse(result.stdout).items.map((/** @type {any} */ node) => ({
    name: node.metadata.name,
    zone: node.metadata.labels?.["topology.kubernetes.io/zone"] ?? "",
    address: node.status.addresses?.find((/** @type {any} */ entry) => entry.type === "InternalIP")?.address ?? "",
  }));
}

/** kind's name of the cluster; its context is "kind-" and this. */
export const KIND_NAME = "testbro";

/**
 * Makes a cluster by kind, or takes the one made before.
 *
 * @param {{ kind: string, home: string, nodes: number, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<string>} Its kubeconfig.
 */
export async function ensureKind({ kind, home, nodes, env }) {
  const kubeconfig = join(home, "kubeconfig");
  const made = (await must(kind, ["get", "clusters"], { env, timeout: 60_000, what: "asking kind" })).split("\n").includes(KIND_NAME);
  if (made && existsSync(kubeconfig)) return kubeconfig;
  mkdirSync(dirname(kubeconfig), { recursive: true, mode: 0o700 });
  if (made) {
    await must(kind, ["export", "kubeconfig", "--name", KIND_NAME, "--kubeconfig", kubeconfig], {
      env,
      timeout: 60_000,
      what: "asking kind",
    });
    return kubeconfig;
  }
  const config = join(home, "kind.json");
  writeFileSync(config, JSON.stringify(kindConfig(nodes)));
  const args = ["create", "cluster", "--name", KIND_NAME, "--kubeconfig", kubeconfig, "--config", config, "--wait", "180s"];
  await must(kind, args, { env, timeout: 900_000, what: "making a cluster by kind" });
  return kubeconfig;
}

/** @param {number} nodes One node does everything; of several the first only steers, as kind's are. */
export const kindConfig = (nodes) => ({
  kind: "Cluster",
  apiVersion: "kind.x-k8s.io/v1alpha4",
  nodes: [
    { role: "control-plane", ...(nodes === 1 ? zoneOf(1) : {}) },
    ...(nodes === 1 ? [] : Array.from({ length: nodes }, (_, i) => ({ role: "worker", ...zoneOf(i + 1) }))),
  ],
});

/** @param {number} index */
const zoneOf = (index) => ({ labels: { "topology.kubernetes.io/zone": `zone-${index}` } });

/** @param {{ home: string, env: NodeJS.ProcessEnv }} options @returns {Promise<boolean>} Whether there was one. */
export async function deleteKind({ home, env }) {
  const kind = find("kind", env);
  if (!kind || !existsSync(join(home, "kind.json"))) return false;
  await must(kind, ["delete", "cluster", "--name", KIND_NAME, "--kubeconfig", join(home, "kubeconfig")], {
    env,
    timeout: 300_000,
    what: "deleting kind's cluster",
  });
  return true;
}
