import { isIP } from "node:net";
import { bytes, mergeOptions, type DeepPartial, type Problem } from "../../workload";
import { checkEntrance, type EntranceSettings } from "./entrance/settings";
import { LONGEST_LABEL } from "./names";
import { KUBELET_PORT } from "./nodes";
import type { Transforms } from "./transforms";

/** A metric that the HorizontalPodAutoscaler gets from a metrics adapter. */
export type CustomMetric =
  /** Served for each pod (`custom.metrics.k8s.io`), e.g. by prometheus-adapter. */
  | { type: "Pods"; name: string }
  /** Served for the whole workload (`external.metrics.k8s.io`), e.g. by KEDA or `MetricsAdapter`. `labels` choose the series; `$workload` in them is its full name. */
  | { type: "External"; name: string; labels?: Record<string, string> };

/** The cluster's DNS. */
export interface DnsSettings {
  /** Domain of the cluster. @default "cluster.local" */
  clusterDomain: string;
  /** DNS servers that know every Service, by name or address, for processes that ask DNS themselves. @default the Service kube-dns of kube-system */
  resolvers: string[];
  /** Seconds an answer may be old: TTL and cache of the cluster's DNS. Pods that are balanced to serve on for that long after they left. @default 30, as in kubeadm's Corefile */
  ttl: number;
  /** Addresses of DNS servers that are not pods of kube-system, e.g. NodeLocal DNSCache. @default [] */
  addresses: string[];
}

/** How published ports are reached from outside. */
export interface PublishSettings {
  /** `NodePort`: on every node, 30000 to 32767. `ClusterIP`: only within. @default "LoadBalancer"; "ClusterIP" with an `entrance` */
  type: "LoadBalancer" | "NodePort" | "ClusterIP";
  /** `Local` keeps the client's address, which rate limits go by, but only nodes with a replica answer. @default "Local" */
  externalTrafficPolicy: "Local" | "Cluster";
  /** Annotations of the Service, for the cloud's own options. @default {} */
  annotations: Record<string, string>;
  /** Seconds a published replica serves on until nothing sends to it any more: kube-proxy on every node, and the cloud balancer's health check. @default 15 */
  drain: number;
  /** Ingress or Gateway objects in front of a published port named `https`. @default none: the published Service is the way in */
  entrance?: EntranceSettings;
}

/** What the auto-scaler gets besides CPU and memory. */
export interface AutoscalingSettings {
  /** Requests per second of a pod; needed for `scale.requestsPerSecond`. @default none */
  requestsPerSecond?: CustomMetric;
  /** Jobs that wait; needed for `scale.queue`. @default none */
  queue?: CustomMetric;
  /** Seconds during which the highest recommendation counts before replicas are taken away. @default 300 */
  scaleDownStabilization: number;
}

/** How nodes are watched: by what sees its node, in a namespace of its own, and by what the kubelets tell of containers. */
export interface NodeSettings {
  /** Namespace of what observes its node, the only privileged one; made here where the platform's own is. @default the platform's with "-node" behind it */
  namespace: string;
  /** Port that is free on every node, for the node exporter: another one where the cluster has such an exporter already, or several stacks. @default 9100 */
  port: number;
  /** Ranges of the nodes' addresses. @default `insideRanges` */
  cidrs: string[];
  /** Whether a kubelet has to show a certificate by the cluster's authority. Without, whoever answers at a node's address gets the token that metrics are read with. @default true */
  verifyKubelets: boolean;
}

/** Settings of one namespace in one cluster. */
export interface KubernetesPlatformArgs {
  /** Start of every name people see. @default the component's name */
  prefix?: string;
  /** Namespace of everything. @default the prefix */
  namespace?: string;
  /** Whether the namespace is made here; deleting it deletes its volume claims too. @default true */
  createNamespace?: boolean;
  /** Pod Security level that the namespace enforces, where it is made here; "privileged" is for what observes its node. @default "restricted" */
  podSecurity?: "restricted" | "baseline" | "privileged";
  /** Most there may be of something in the namespace, where it is made here: against a loop that fills the cluster. @default { pods: "200" } */
  quota?: Record<string, string>;
  dns?: Partial<DnsSettings>;
  publish?: Partial<PublishSettings>;
  /** Volumes. `className`: storage class. @default the cluster's default class */
  storage?: { className?: string };
  /** Node labels by the short names that `placement` uses. @default { zone: "topology.kubernetes.io/zone", host: "kubernetes.io/hostname" } */
  nodeLabels?: Record<string, string>;
  autoscaling?: Partial<AutoscalingSettings>;
  /** How nodes are watched; `{}`: with the defaults. @default not at all: what runs on every node sees of it what any container sees */
  nodes?: Partial<NodeSettings>;
  /** Where the API server is, for workloads that may ask it: ranges and ports. Without it `access` is refused. @default none */
  apiServer?: { cidrs: string[]; ports?: number[] };
  /** Ranges that "outside" does not mean: the cluster's own, and link-local addresses where clouds keep credentials. @default private and link-local ranges */
  insideRanges?: string[];
  /** Names of Secrets for pulling images. @default [] */
  imagePullSecrets?: string[];
  /** `false`: make no PriorityClasses (which are cluster-wide), and ignore priorities. @default true */
  priorityClasses?: boolean;
  /** Labels put on everything that is created, besides the platform's own. @default {} */
  labels?: Record<string, string>;
  /** Changes to children before they are created: the way to any field that a Workload does not have. @default {} */
  transforms?: Transforms;
  /** Keep only what must outlive the workloads (namespace and volume claims); run nothing. @default false */
  suspended?: boolean;
}

/** {@link KubernetesPlatformArgs} with every default. */
export interface Settings extends Required<Omit<KubernetesPlatformArgs, "dns" | "publish" | "autoscaling" | "apiServer" | "nodes">> {
  dns: DnsSettings;
  publish: PublishSettings;
  autoscaling: AutoscalingSettings;
  apiServer: { cidrs: string[]; ports: number[] } | undefined;
  nodes: NodeSettings | undefined;
}

/** RFC 1918 and 4193 (private), RFC 6598 (shared), RFC 3927 and 4291 (link-local: metadata services of clouds). */
const INSIDE_RANGES = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"];

/** Ports API servers listen on. */
const API_SERVER_PORTS = [443, 6443];

function nodeSettings(namespace: string, args: KubernetesPlatformArgs): NodeSettings | undefined {
  if (!args.nodes) return undefined;
  const cidrs = args.insideRanges ?? INSIDE_RANGES;
  return mergeOptions<NodeSettings>({ namespace: `${namespace}-node`, port: 9100, cidrs, verifyKubelets: true }, args.nodes);
}

/** Settings with every default. */
export function settingsOf(name: string, args: KubernetesPlatformArgs): Settings {
  const prefix = args.prefix ?? name;
  const clusterDomain = args.dns?.clusterDomain ?? "cluster.local";
  const defaults: Settings = {
    prefix,
    namespace: prefix,
    createNamespace: true,
    podSecurity: "restricted",
    quota: { pods: "200" },
    dns: { clusterDomain, resolvers: [`kube-dns.kube-system.svc.${clusterDomain}`], ttl: 30, addresses: [] },
    publish: { type: args.publish?.entrance ? "ClusterIP" : "LoadBalancer", externalTrafficPolicy: "Local", annotations: {}, drain: 15 },
    storage: {},
    nodeLabels: { zone: "topology.kubernetes.io/zone", host: "kubernetes.io/hostname" },
    autoscaling: { scaleDownStabilization: 300 },
    apiServer: args.apiServer && { cidrs: args.apiServer.cidrs, ports: args.apiServer.ports ?? API_SERVER_PORTS },
    nodes: nodeSettings(args.namespace ?? prefix, args),
    insideRanges: INSIDE_RANGES,
    imagePullSecrets: [],
    priorityClasses: true,
    labels: {},
    transforms: {},
    suspended: false,
  };
  const { entrance, ...publish } = args.publish ?? {};
  // The API server and the nodes are complete already; what is undefined changes nothing.
  const settings = mergeOptions<Settings>(defaults, { ...args, publish, apiServer: undefined, nodes: undefined } as DeepPartial<Settings>);
  // Not merged: it holds an Output.
  return entrance ? { ...settings, publish: { ...settings.publish, entrance } } : settings;
}

/** Whether a text is an address range. */
function isRange(text: string): boolean {
  const [address = "", bits = "", ...more] = text.split("/");
  const version = isIP(address);
  return more.length === 0 && version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

/** Everything wrong with the settings. */
export function checkSettings(name: string, settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string, fix: string): void => {
    problems.push({ path: `${name}.${path}`, message, fix });
  };
  const { namespace, dns, publish, autoscaling, apiServer, insideRanges, nodes } = settings;
  for (const [path, name] of [["namespace", namespace], ...(nodes ? [["nodes.namespace", nodes.namespace] as const] : [])] as const) {
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) || name.length > LONGEST_LABEL) {
      report(path, `"${name}" is not a name of at most ${LONGEST_LABEL} lower-case letters, digits and hyphens`, "e.g. testbro-production");
    } else if (name === "default" || name.startsWith("kube-")) {
      report(path, `"${name}" is the cluster's own`, "give the app a namespace of its own, e.g. testbro-production");
    }
  }
  if (nodes?.namespace === namespace) {
    report("nodes.namespace", `"${namespace}" is the platform's own, which would have to be privileged then`, "give it another name");
  }
  if (nodes && !(Number.isInteger(nodes.port) && nodes.port >= 1 && nodes.port <= 65535 && nodes.port !== KUBELET_PORT)) {
    report("nodes.port", `${nodes.port} is not a port that a node could have free`, "e.g. 9100");
  }
  for (const [path, value] of [
    ["dns.ttl", dns.ttl],
    ["publish.drain", publish.drain],
    ["autoscaling.scaleDownStabilization", autoscaling.scaleDownStabilization],
  ] as const) {
    if (!(Number.isInteger(value) && value >= 0 && value <= 3600)) {
      report(path, `${value} is not a number of seconds`, "give a whole number from 0 to 3600");
    }
  }
  if (publish.entrance) problems.push(...checkEntrance(`${name}.publish.entrance`, publish.entrance));
  if (dns.resolvers.length === 0) report("dns.resolvers", "is empty", "leave it out for kube-dns, or name a DNS server of the cluster");
  for (const address of dns.addresses) {
    if (isIP(address) === 0) report("dns.addresses", `"${address}" is not an address`, "e.g. 169.254.20.10");
  }
  for (const [path, ranges] of [
    ["apiServer.cidrs", apiServer?.cidrs ?? []],
    ["insideRanges", insideRanges],
    ["nodes.cidrs", nodes?.cidrs ?? []],
  ] as const) {
    for (const range of ranges) if (!isRange(range)) report(path, `"${range}" is not an address range`, "write CIDR, e.g. 10.0.0.1/32");
  }
  return problems;
}

/** Whether a storage size can be read. */
export function isSize(size: number | string): boolean {
  try {
    return bytes(size) > 0;
  } catch {
    return false;
  }
}
