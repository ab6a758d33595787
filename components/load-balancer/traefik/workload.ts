import type * as pulumi from "@pulumi/pulumi";
import { mergeOptions, overrideWorkload, type Ref, type Resources, type Secret, type Workload } from "../../workload";
import { hostListsText, TRAEFIK_RUNTIME, TRAEFIK_STATE } from "./render";
import type { TraefikLoadBalancerOptions } from "./options";

/** Ports in the container by name. */
export const TRAEFIK_PORTS = { http: 8080, https: 8443, status: 8081 } as const;

/** Port of the discovery. */
export const DISCOVERY_PORTS = { discovery: 8445 } as const;

/** Path of the static configuration in the container. */
export const STATIC_FILE = "/etc/traefik/traefik.yml";

/** Client certificate and its authority in the balancer. */
export const CLIENT = {
  caFile: "/etc/traefik/discovery/authority.pem",
  certificateFile: "/etc/traefik/discovery/certificate.pem",
  keyFile: "/run/secrets/discovery.key",
};

/** Server certificate and its authority in the discovery, what it offers, and the engine's socket. */
export const SERVER = {
  caFile: "/etc/discovery/authority.pem",
  certificateFile: "/etc/discovery/certificate.pem",
  keyFile: "/run/secrets/discovery.key",
  configurationFile: "/run/secrets/configuration.json",
  keysFile: "/run/secrets/keys.json",
  socket: "/var/run/docker.sock",
};

/** User and group of the image's Traefik, and of the discovery's process. */
const TRAEFIK_USER = { uid: 10102, gid: 10102 };
const DISCOVERY_USER = { uid: 10001, gid: 10001 };

const RESOURCES: Resources = { limits: { cpu: 1, memory: "512Mi" }, reservations: { cpu: "100m", memory: "128Mi" } };

/** Seconds Traefik finishes open requests in, and seconds after which it is killed. */
export const FINISH_SECONDS = 20;
const GRACE_SECONDS = 30;

/** What the component has made for a workload. */
export interface TraefikParts {
  /** Files by path. */
  files: Record<string, pulumi.Input<string>>;
  /** Secret files by path. */
  secrets: Record<string, Secret>;
}

function contents(files: TraefikParts["files"]): Workload["files"] {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [path, { content }]));
}

/** The balancer: no socket, and nothing to write but memory and, with ACME, its certificates. */
export function traefikWorkload(
  options: TraefikLoadBalancerOptions,
  parts: TraefikParts,
  connects: Ref[],
  hostLists: Record<string, string[]>,
): Workload {
  const { http = 80, https = 443 } = options.ports ?? {};
  const { tls } = options;
  const lists = hostListsText(hostLists);
  const acme = tls !== false && tls.acme !== undefined;
  const base: Workload = {
    // One that keeps certificates has a volume, which no two may share.
    kind: acme ? "stateful" : "service",
    image: options.images.traefik,
    ...(lists === "" ? {} : { env: { TRAEFIK_HOST_ACCESS: lists } }),
    files: contents(parts.files),
    secrets: parts.secrets,
    ports: [
      { name: "http", container: TRAEFIK_PORTS.http, ...(http === false ? {} : { publish: { port: http } }) },
      { name: "https", container: TRAEFIK_PORTS.https, ...(tls === false ? {} : { publish: { port: https } }) },
      ...(tls !== false && tls.http3
        ? [{ name: "http3", container: TRAEFIK_PORTS.https, protocol: "udp" as const, publish: { port: https } }]
        : []),
      { name: "status", container: TRAEFIK_PORTS.status },
    ],
    metrics: { port: "status", path: "/metrics", ...(options.scraper ? { scraper: options.scraper } : {}) },
    // Asks only Traefik itself: no upstream's trouble may restart the balancer.
    health: { live: { http: { port: "status", path: "/ping" }, interval: 2, timeout: 5, retries: 3, startPeriod: 10 } },
    resources: mergeOptions(RESOURCES, options.resources),
    scale: { replicas: options.replicas ?? 1 },
    ...(options.placement ? { placement: options.placement } : {}),
    update: { parallelism: 1 },
    stop: { grace: GRACE_SECONDS },
    security: { user: TRAEFIK_USER, readOnlyRoot: true, writable: [TRAEFIK_RUNTIME, "/tmp"] },
    ...(acme ? { volumes: [{ name: "acme", path: TRAEFIK_STATE, size: "1Gi" }], outside: [{ ports: [443] }] } : {}),
    connects,
  };
  return overrideWorkload(base, options.workload);
}

/** The discovery: the only one of the two with the engine's socket, of which it shows a small part, to the balancer alone. */
export function discoveryWorkload(project: string, network: string, options: TraefikLoadBalancerOptions, parts: TraefikParts): Workload {
  const placement = options.discoveryPlacement ?? options.placement;
  return {
    kind: "service",
    image: options.images.discovery,
    env: {
      DISCOVERY_PORT: String(DISCOVERY_PORTS.discovery),
      DISCOVERY_PROJECT: project,
      DISCOVERY_NETWORK: network,
      DISCOVERY_SOCKET: SERVER.socket,
      DISCOVERY_CA_FILE: SERVER.caFile,
      DISCOVERY_CERTIFICATE_FILE: SERVER.certificateFile,
      DISCOVERY_KEY_FILE: SERVER.keyFile,
      DISCOVERY_CONFIGURATION_FILE: SERVER.configurationFile,
      ...(SERVER.keysFile in parts.secrets ? { DISCOVERY_KEYS_FILE: SERVER.keysFile } : {}),
    },
    files: contents(parts.files),
    secrets: parts.secrets,
    ports: [{ name: "discovery", container: DISCOVERY_PORTS.discovery }],
    health: { live: { tcp: { port: "discovery" }, interval: 2, timeout: 2, retries: 3, startPeriod: 10 } },
    resources: { limits: { cpu: "200m", memory: "96Mi" }, reservations: { cpu: "20m", memory: "64Mi" } },
    // The balancer goes on with what it knows while one of the two is replaced.
    scale: { replicas: 2 },
    ...(placement ? { placement } : {}),
    stop: { grace: 15 },
    security: { user: DISCOVERY_USER, groups: [options.engineGroup], readOnlyRoot: true, writable: ["/tmp"] },
    hostSockets: { [SERVER.socket]: options.engineSocket ?? "/var/run/docker.sock" },
    policyExemptions: {
      "hardening-runtime-socket": "this is the filter in front of the socket: it reads names, labels and addresses of labelled services",
      "hardening-host-path": "the engine's socket, which the filter is in front of",
    },
  };
}
