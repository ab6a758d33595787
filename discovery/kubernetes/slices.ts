/** The part of an EndpointSlice (discovery.k8s.io/v1) that is read. */
export interface EndpointSlice {
  metadata: { name: string; labels?: Record<string, string>; resourceVersion?: string };
  addressType?: string;
  ports?: { port?: number | null; protocol?: string | null }[] | null;
  endpoints?: Endpoint[] | null;
}

interface Endpoint {
  addresses: string[];
  conditions?: { ready?: boolean | null; serving?: boolean | null; terminating?: boolean | null };
  targetRef?: { uid?: string };
}

/** Label with the name of the Service that a slice is of. */
export const SERVICE_LABEL = "kubernetes.io/service-name";

/** Kinds of addresses, the one that is taken of a pod which has both first. */
const FAMILIES = ["IPv4", "IPv6"];

/** Nothing said means ready. */
function isReady({ conditions }: Endpoint): boolean {
  return (conditions?.ready ?? true) && !(conditions?.terminating ?? false);
}

/** On its way out, but passing its readiness probe. Nothing said of that means what is said of being ready. */
function stillServes({ conditions }: Endpoint): boolean {
  return (conditions?.terminating ?? false) && (conditions?.serving ?? conditions?.ready ?? true);
}

/**
 * Addresses of a Service's pods on a port, in a fixed order: of those that are ready and stay; where there are none, of those that are
 * about to stop and serve as yet, as kube-proxy does it (KEP-1669). So a workload of one replica is there until the last moment.
 */
export function replicasOf(slices: Iterable<EndpointSlice>, service: string, port: number): string[] {
  const own = [...slices].filter(({ metadata, ports }) => {
    const fits = ports?.some((each) => each.port === port && (each.protocol ?? "TCP") === "TCP") ?? false;
    return fits && metadata.labels?.[SERVICE_LABEL] === service;
  });
  const endpoints = FAMILIES.flatMap((family) =>
    own.filter(({ addressType }) => addressType === family).flatMap((slice) => slice.endpoints ?? []),
  );
  // A pod may have an address of each kind; that is one replica all the same. The first address of an endpoint is the one to use.
  const byPod = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    const pod = endpoint.targetRef?.uid ?? endpoint.addresses[0] ?? "";
    if (endpoint.addresses[0] !== undefined && !byPod.has(pod)) byPod.set(pod, endpoint);
  }
  const known = [...byPod.values()];
  const ready = known.filter(isReady);
  return (ready.length > 0 ? ready : known.filter(stillServes)).map(({ addresses }) => addresses[0] ?? "").sort();
}
