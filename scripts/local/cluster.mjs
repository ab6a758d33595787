import { join } from "node:path";
import { paths } from "../../toolchain/paths.mjs";

/** @returns {string} Where cluster:up keeps its cluster. */
export const clusterHome = () => join(paths().state, "kubernetes");

/**
 * @param {string[]} args Of the command line.
 * @returns {number | string} How many nodes, or what is wrong with the arguments.
 */
export function nodesWanted(args) {
  const [option, value, ...rest] = args.flatMap((arg) => (arg.startsWith("--nodes=") ? ["--nodes", arg.slice("--nodes=".length)] : [arg]));
  if (option === undefined) return 1;
  if (option !== "--nodes" || rest.length > 0) return `${args.join(" ")}: not what cluster:up takes. Fix: --nodes N is its only option.`;
  if (!/^[1-9]$/.test(value ?? "")) return `--nodes ${value ?? ""}: not a number of nodes. Fix: give one from 1 to 9, such as --nodes 3.`;
  return Number(value);
}

/**
 * @param {import("../../toolchain/kubernetes/index.mjs").Cluster} cluster
 * @returns {string} What a person needs to work with it.
 */
export function describeCluster({ origin, kubeconfig, context, kubectl, nodes, address }) {
  const where = { context: "your own", kind: "by kind", source: "from source" }[origin];
  return [
    `The cluster (${where}) is ready: ${nodes.map(({ name, zone }) => (zone ? `${name} in ${zone}` : name)).join(", ")}.`,
    ...(address ? [`Node ports answer on ${address}.`] : []),
    ...(kubeconfig ? [`  export KUBECONFIG=${kubeconfig}`] : []),
    `  alias kubectl="${kubectl} --context ${context}"`,
    ...(origin === "context" ? [] : ["Take it down: npm run cluster:down"]),
  ].join("\n");
}
