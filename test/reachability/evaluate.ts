import { BlockList, isIP } from "node:net";

/** Labels by key. */
export type Labels = Readonly<Record<string, string>>;

/** As in the API, as far as policies use it. */
export interface LabelSelector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface PolicyPeer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: { cidr: string; except?: string[] };
}

export interface PolicyPort {
  protocol?: string;
  port?: number | string;
  endPort?: number;
}

/** A NetworkPolicy as it was applied. */
export interface NetworkPolicy {
  metadata: { name?: string; namespace: string };
  spec: {
    podSelector: LabelSelector;
    policyTypes?: string[];
    ingress?: { from?: PolicyPeer[]; ports?: PolicyPort[] }[];
    egress?: { to?: PolicyPeer[]; ports?: PolicyPort[] }[];
  };
}

/** Somebody who sends or receives: a pod, or an address that is none. */
export interface Party {
  name: string;
  address: string;
  /** Namespace and labels of a pod; undefined for an address outside the cluster's pods. */
  pod?: { namespace: string; labels: Labels; namespaceLabels: Labels };
}

/** A port somebody may answer on. */
export interface Destination {
  party: Party;
  port: number;
  protocol: "TCP" | "UDP";
}

/**
 * Whether labels satisfy a selector; an empty one is satisfied by everything.
 * @throws Error for an operator that the API does not have
 */
export function selects(selector: LabelSelector, labels: Labels): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      if (operator === "In") return value !== undefined && values.includes(value);
      if (operator === "NotIn") return value === undefined || !values.includes(value);
      throw new Error(`no such operator: ${operator}`);
    })
  );
}

function contains(cidr: string, address: string): boolean {
  const [network = "", bits = ""] = cidr.split("/");
  if (isIP(network) !== isIP(address)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), isIP(network) === 6 ? "ipv6" : "ipv4");
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** Whether a rule's peer means somebody. Addresses of pods count for `ipBlock` too: some network plugins see it so. */
function means(peer: PolicyPeer, party: Party, namespace: string): boolean {
  if (peer.ipBlock) {
    const { cidr, except = [] } = peer.ipBlock;
    return contains(cidr, party.address) && !except.some((range) => contains(range, party.address));
  }
  if (!party.pod) return false;
  const inNamespace = peer.namespaceSelector
    ? selects(peer.namespaceSelector, party.pod.namespaceLabels)
    : party.pod.namespace === namespace;
  return inNamespace && selects(peer.podSelector ?? {}, party.pod.labels);
}

function allowsPort(ports: readonly PolicyPort[] | undefined, { port, protocol }: Destination): boolean {
  if (!ports || ports.length === 0) return true;
  return ports.some((each) => {
    if ((each.protocol ?? "TCP") !== protocol) return false;
    if (each.port === undefined) return true;
    return each.endPort === undefined ? Number(each.port) === port : port >= Number(each.port) && port <= each.endPort;
  });
}

/** Policies that hold for a pod in one direction. Without any, everything is allowed. */
function holding(policies: readonly NetworkPolicy[], party: Party, direction: "Ingress" | "Egress"): NetworkPolicy[] {
  const { pod } = party;
  if (!pod) return [];
  return policies.filter(({ metadata, spec }) => {
    const types = spec.policyTypes ?? ["Ingress", ...(spec.egress ? ["Egress"] : [])];
    return metadata.namespace === pod.namespace && types.includes(direction) && selects(spec.podSelector, pod.labels);
  });
}

/** Whether `from` may send to a destination: both its way out and the other's way in have to be open. */
export function reaches(policies: readonly NetworkPolicy[], from: Party, to: Destination): boolean {
  const out = holding(policies, from, "Egress");
  const goesOut =
    out.length === 0 ||
    out.some(({ metadata, spec }) =>
      (spec.egress ?? []).some(
        (rule) =>
          allowsPort(rule.ports, to) &&
          (!rule.to || rule.to.length === 0 || rule.to.some((peer) => means(peer, to.party, metadata.namespace))),
      ),
    );
  const into = holding(policies, to.party, "Ingress");
  const comesIn =
    into.length === 0 ||
    into.some(({ metadata, spec }) =>
      (spec.ingress ?? []).some(
        (rule) =>
          allowsPort(rule.ports, to) &&
          (!rule.from || rule.from.length === 0 || rule.from.some((peer) => means(peer, from, metadata.namespace))),
      ),
    );
  return goesOut && comesIn;
}

/** Whom each party reaches, as `name:port`, in alphabetical order; never itself. */
export function reachability(
  policies: readonly NetworkPolicy[],
  parties: readonly Party[],
  destinations: readonly Destination[],
): Record<string, string[]> {
  return Object.fromEntries(
    parties.map((from) => [
      from.name,
      destinations
        .filter((to) => to.party.name !== from.name && reaches(policies, from, to))
        .map(({ party, port }) => `${party.name}:${port}`)
        .sort(),
    ]),
  );
}
