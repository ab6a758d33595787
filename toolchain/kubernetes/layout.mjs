// Where everything of a cluster lies, and its addresses.
import { join } from "node:path";
import { ToolchainError } from "../errors.mjs";
import { LONGEST_SOCKET } from "../docker/daemon.mjs";

/** Networks inside the cluster's own network namespace, so that they meet no other. */
export const PODS = "10.244.0.0/16";
export const SERVICES = "10.96.0.0/16";
export const DNS_ADDRESS = "10.96.0.10";
export const DOMAIN = "cluster.local";
/** The API server and what else runs beside the nodes. */
export const CONTROL_ADDRESS = "10.212.0.1";
/** The link that carries these addresses: a bridge without ports, since not every kernel has dummy links. */
export const LINK = "tbk0";
export const API_PORT = 6443;

/** The reach of node numbers: each has a pod network of its own. */
export const MOST_NODES = 9;

/**
 * @typedef {object} NodeLayout
 * @property {string} name
 * @property {number} index From 1.
 * @property {string} zone
 * @property {string} address
 * @property {string} podSubnet
 * @property {string} bridge
 * @property {string} home
 * @property {string} socket containerd's.
 * @property {string} cgroup Below each controller's root.
 */

/**
 * @typedef {object} ClusterLayout
 * @property {string} home
 * @property {string} certificates
 * @property {string} logs
 * @property {string} etcd
 * @property {string} nodes
 * @property {string} record
 * @property {string} kubeconfig For people and for Pulumi.
 */

/** @param {string} home @returns {ClusterLayout} */
export const layout = (home) => ({
  home,
  certificates: join(home, "certificates"),
  logs: join(home, "logs"),
  etcd: join(home, "etcd"),
  nodes: join(home, "nodes"),
  record: join(home, "cluster.json"),
  kubeconfig: join(home, "kubeconfig"),
});

/**
 * @param {string} home
 * @param {string} id What the cluster's control groups are named by.
 * @param {number} index From 1.
 * @returns {NodeLayout}
 * @throws {ToolchainError} When the folder is too long for a Unix socket.
 */
export function nodeLayout(home, id, index) {
  const name = `node-${index}`;
  const own = join(layout(home).nodes, name);
  const longest = Buffer.byteLength(join(own, "kubelet/device-plugins/kubelet.sock"));
  if (longest > LONGEST_SOCKET) {
    throw new ToolchainError(
      `${home} is too long for the Unix sockets below it (${longest} of at most ${LONGEST_SOCKET} bytes). Fix: set TESTBRO_HOME to a shorter folder.`,
    );
  }
  return {
    name,
    index,
    zone: `zone-${index}`,
    address: `10.212.0.${10 + index}`,
    podSubnet: `10.244.${index}.0/24`,
    bridge: `tbk-pods${index}`,
    home: own,
    socket: join(own, "containerd.sock"),
    cgroup: `/${id}/${name}`,
  };
}
