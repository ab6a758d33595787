import type { Destination, Labels, Party } from "./evaluate";

/** A balancer by the name of its workload, with what it reaches of its own, and the services beside it. */
type Balancer = "nginx" | "traefik";

const OWN: Record<Balancer, Record<string, readonly string[]>> = {
  nginx: { nginx: ["nginx-bundle:8444"], "nginx-bundle": ["dns:53"] },
  // The one that faces the outside asks the API server nothing; the one beside it does.
  traefik: { traefik: ["traefik-discovery:8445"], "traefik-discovery": ["api-server:443", "api-server:6443", "dns:53"] },
};

/** What Prometheus asks of a balancer beside the balancer itself. */
const SCRAPED: Record<Balancer, readonly string[]> = { nginx: [], traefik: ["traefik-discovery:8081"] };

/** The service that gets certificates from an ACME authority, where there is one, and who has to do with it. */
const ACME: Record<Balancer, Record<string, readonly string[]>> = {
  nginx: {
    "nginx-acme": ["dns:53", "nginx:8080", "outside:443"],
    nginx: ["nginx-acme:8402", "nginx-acme:8444"],
    prometheus: ["nginx-acme:8081"],
  },
  traefik: {
    "traefik-acme": ["dns:53", "traefik:8080", "outside:443"],
    traefik: ["traefik-acme:8402"],
    "traefik-discovery": ["traefik-acme:8444"],
    prometheus: ["traefik-acme:8081"],
  },
};

/**
 * Who reaches whom in the production stack, written by hand from what each part is for. `outside` is any address that is no pod's,
 * `dns` the cluster's DNS, `api-server` the API server, `node` a private address, where the node exporter and the kubelet answer,
 * `stranger` a pod of another namespace that carries Prometheus' labels. The balancer's own ports are open to everybody, because it is
 * what is published. What the last two reach beyond the stack is not the stack's to say.
 * @param acme whether certificates come from an ACME authority
 */
export function whoReachesWhom(balancer: Balancer, { acme = false } = {}): Record<string, string[]> {
  const everybody: Record<string, readonly string[]> = {
    ...OWN[balancer],
    [balancer]: ["backend:3001", "dns:53", "frontend:3000", "prometheus:9090", ...(OWN[balancer][balancer] ?? [])],
    backend: ["dns:53", "postgres:5432", "redis:6379"],
    frontend: ["dns:53"],
    postgres: ["dns:53"],
    redis: ["dns:53"],
    "postgres-exporter": ["dns:53", "postgres:5432"],
    "redis-exporter": ["dns:53", "redis:6379"],
    blackbox: ["dns:53", `${balancer}:8443`],
    prometheus: [
      "backend:9464",
      "blackbox:9115",
      "dns:53",
      "frontend:9464",
      "node:10250",
      "node:9100",
      "postgres-exporter:9187",
      "redis-exporter:9121",
      `${balancer}:8081`,
      ...SCRAPED[balancer],
    ],
    outside: ["api-server:443", "api-server:6443", "dns:53", "node:10250", "node:9100", `${balancer}:8080`, `${balancer}:8443`],
    stranger: [
      "api-server:443",
      "api-server:6443",
      "dns:53",
      "node:10250",
      "node:9100",
      `${balancer}:8080`,
      `${balancer}:8443`,
      "outside:443",
    ],
  };
  const more = acme ? ACME[balancer] : {};
  const names = [...new Set([...Object.keys(everybody), ...Object.keys(more)])];
  return Object.fromEntries(names.map((name) => [name, [...(everybody[name] ?? []), ...(more[name] ?? [])].sort()]));
}

/** A pod as it is on the cluster, or as its controller would make it. */
export interface PodFacts {
  name: string;
  namespace: string;
  labels: Labels;
  ports: { port: number; protocol: "TCP" | "UDP" }[];
  address: string;
}

/** Addresses that are no pod's of the stack. */
const ELSEWHERE: { dns: Party; apiServer: Party; node: Party; outside: Party; stranger: Party } = {
  dns: {
    name: "dns",
    address: "10.244.0.2",
    pod: { namespace: "kube-system", labels: { "k8s-app": "kube-dns" }, namespaceLabels: { "kubernetes.io/metadata.name": "kube-system" } },
  },
  apiServer: { name: "api-server", address: "10.96.0.1" },
  node: { name: "node", address: "10.212.0.11" },
  outside: { name: "outside", address: "198.51.100.7" },
  stranger: {
    name: "stranger",
    address: "10.244.0.3",
    pod: {
      namespace: "another",
      labels: { "app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": "testbro" },
      namespaceLabels: { "kubernetes.io/metadata.name": "another" },
    },
  },
};

/** Everybody who may send, and everything somebody may answer on. */
export function parties(pods: readonly PodFacts[]): { parties: Party[]; destinations: Destination[] } {
  const own = pods.map(({ name, namespace, labels, address }) => ({
    name,
    address,
    pod: { namespace, labels, namespaceLabels: { "kubernetes.io/metadata.name": namespace } },
  }));
  return {
    parties: [...own, ELSEWHERE.outside, ELSEWHERE.stranger],
    destinations: [
      ...pods.flatMap(({ ports }, index) => ports.map((port) => ({ party: own[index] as Party, ...port }))),
      { party: ELSEWHERE.dns, port: 53, protocol: "UDP" as const },
      { party: ELSEWHERE.apiServer, port: 443, protocol: "TCP" as const },
      { party: ELSEWHERE.apiServer, port: 6443, protocol: "TCP" as const },
      { party: ELSEWHERE.node, port: 9100, protocol: "TCP" as const },
      { party: ELSEWHERE.node, port: 10250, protocol: "TCP" as const },
      { party: ELSEWHERE.outside, port: 443, protocol: "TCP" as const },
    ],
  };
}
