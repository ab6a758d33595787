import type * as kubernetes from "@pulumi/kubernetes";
import type { Outside, Ref, Workload } from "../../workload";
import { selectorLabels } from "./names";
import type { Settings } from "./settings";

type PolicySpec = kubernetes.types.input.networking.v1.NetworkPolicySpec;
type Peer = kubernetes.types.input.networking.v1.NetworkPolicyPeer;
type PolicyPort = kubernetes.types.input.networking.v1.NetworkPolicyPort;
type EgressRule = kubernetes.types.input.networking.v1.NetworkPolicyEgressRule;
type IngressRule = kubernetes.types.input.networking.v1.NetworkPolicyIngressRule;

/** A policy and what it is called. */
export interface NamedPolicy {
  name: string;
  spec: PolicySpec;
}

/** The part of the settings policies depend on. */
export type NetworkSettings = Pick<Settings, "prefix" | "dns" | "apiServer" | "nodes" | "insideRanges">;

/** Port of DNS, over both protocols (RFC 7766). */
const DNS_PORTS: PolicyPort[] = [
  { protocol: "UDP", port: 53 },
  { protocol: "TCP", port: 53 },
];

/** IPv4 and IPv6 in full. */
const EVERYWHERE = ["0.0.0.0/0", "::/0"];

function pods(prefix: string, ref: Pick<Ref, "name">): Peer {
  return { podSelector: { matchLabels: selectorLabels(prefix, ref) } };
}

function tcp(ports: readonly number[]): PolicyPort[] {
  return [...new Set(ports)].sort((one, other) => one - other).map((port) => ({ protocol: "TCP", port }));
}

/** Nothing in and nothing out, for every pod of the namespace, whoever made it. */
export function denyAll(): PolicySpec {
  return { podSelector: {}, policyTypes: ["Ingress", "Egress"] };
}

/** Every pod may ask the cluster's DNS: without names it could use nothing else it is allowed. */
export function allowDns({ dns }: NetworkSettings): PolicySpec {
  const servers: Peer = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
    podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
  };
  const others = dns.addresses.map((address): Peer => ({ ipBlock: { cidr: `${address}/${address.includes(":") ? 128 : 32}` } }));
  return { podSelector: {}, policyTypes: ["Egress"], egress: [{ to: [servers, ...others], ports: DNS_PORTS }] };
}

/** References to one workload as one, with the ports of all of them. */
function merged(refs: readonly Ref[]): Ref[] {
  const byName = new Map<string, Ref>();
  for (const ref of refs) byName.set(ref.name, { ...ref, ports: { ...byName.get(ref.name)?.ports, ...ref.ports } });
  return [...byName.values()];
}

function outsideRule({ cidr, ports }: Outside, insideRanges: readonly string[]): EgressRule {
  const version = (range: string) => (range.includes(":") ? 6 : 4);
  const everywhere = EVERYWHERE.map((range): Peer => {
    const except = insideRanges.filter((inside) => version(inside) === version(range));
    return { ipBlock: { cidr: range, ...(except.length > 0 ? { except } : {}) } };
  });
  return { to: cidr === undefined ? everywhere : [{ ipBlock: { cidr } }], ...(ports ? { ports: tcp(ports) } : {}) };
}

function egressOf(workload: Workload, settings: NetworkSettings): EgressRule[] {
  const { prefix, apiServer, nodes, insideRanges } = settings;
  const rules = merged([...(workload.connects ?? []), ...(workload.scrapes ?? [])]).map((target): EgressRule => ({
    to: [pods(prefix, target)],
    ports: tcp(Object.values(target.ports)),
  }));
  rules.push(...(workload.outside ?? []).map((outside) => outsideRule(outside, insideRanges)));
  if (workload.access && apiServer) {
    rules.push({ to: apiServer.cidrs.map((cidr): Peer => ({ ipBlock: { cidr } })), ports: tcp(apiServer.ports) });
  }
  if (workload.scrapesNodes?.length && nodes) {
    rules.push({ to: nodes.cidrs.map((cidr): Peer => ({ ipBlock: { cidr } })), ports: tcp(workload.scrapesNodes) });
  }
  return rules;
}

function ingressOf(workload: Workload, settings: NetworkSettings): IngressRule[] {
  const ports = workload.ports ?? [];
  const published = ports.filter((port) => port.publish);
  const { metrics } = workload;
  const metricsPort = ports.find((port) => port.name === metrics?.port);
  return [
    // Without `from`: the outside world, and nodes that pass its connections on.
    ...(published.length > 0
      ? [{ ports: published.map(({ container, protocol = "tcp" }): PolicyPort => ({ protocol: protocol.toUpperCase(), port: container })) }]
      : []),
    ...(metrics?.scraper && metricsPort ? [{ from: [pods(settings.prefix, metrics.scraper)], ports: tcp([metricsPort.container]) }] : []),
  ];
}

/**
 * The policies a workload brings: one of its own, and for each one it connects to the way in there. The target's own policies cannot
 * say that, because it does not know who connects to it.
 */
export function policiesOf(ref: Ref, workload: Workload, settings: NetworkSettings): NamedPolicy[] {
  // Pods in their node's network are beyond the reach of policies.
  if (workload.observesNode) return [];
  const self = { matchLabels: selectorLabels(settings.prefix, ref) };
  const own: NamedPolicy = {
    name: ref.fullName,
    spec: {
      podSelector: self,
      policyTypes: ["Ingress", "Egress"],
      ingress: ingressOf(workload, settings),
      egress: egressOf(workload, settings),
    },
  };
  const ways = merged(workload.connects ?? []).map((target): NamedPolicy => ({
    name: `${ref.fullName}-to-${target.name}`,
    spec: {
      podSelector: { matchLabels: selectorLabels(settings.prefix, target) },
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ podSelector: self }], ports: tcp(Object.values(target.ports)) }],
    },
  }));
  return [own, ...ways];
}
