import type * as pulumi from "@pulumi/pulumi";
import { mergeOptions, overrideWorkload, type Ref, type Resources, type Secret, type Workload } from "../../workload";
import { directoryPort, PATIENCE } from "../acme";
import { hostListsText, TRAEFIK_RUNTIME, TRAEFIK_STATE } from "./render";
import { READY_PATH } from "./render/routers";
import type { TraefikLoadBalancerOptions } from "./options";

/** Ports in the container by name. */
export const TRAEFIK_PORTS = { http: 8080, https: 8443, status: 8081 } as const;

/** Path of the static configuration in the container. */
export const STATIC_FILE = "/etc/traefik/traefik.yml";

/** Client certificate and its authority in the balancer. */
export const CLIENT = {
  caFile: "/etc/traefik/discovery/authority.pem",
  certificateFile: "/etc/traefik/discovery/certificate.pem",
  keyFile: "/run/secrets/discovery.key",
};

/** User and group of the image's Traefik. */
const TRAEFIK_USER = { uid: 10102, gid: 10102 };

const RESOURCES: Resources = { limits: { cpu: 1, memory: "512Mi" }, reservations: { cpu: "100m", memory: "256Mi" } };

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

/** Files as a workload has them. */
export function contents(files: TraefikParts["files"]): Workload["files"] {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [path, { content }]));
}

/** The balancer: no socket, and nothing to write but memory and, with its own ACME client, its certificates. */
export function traefikWorkload(
  options: TraefikLoadBalancerOptions,
  parts: TraefikParts,
  connects: Ref[],
  hostLists: Record<string, string[]>,
): Workload {
  const { http = 80, https = 443 } = options.ports ?? {};
  const { tls } = options;
  const lists = hostListsText(hostLists);
  const proxies = options.trustedProxies?.ranges.join(",");
  const env = {
    ...(lists === "" ? {} : { TRAEFIK_HOST_ACCESS: lists }),
    ...(proxies === undefined ? {} : { TRAEFIK_TRUSTED_PROXIES: proxies }),
  };
  const builtIn = tls === false ? undefined : tls.builtInAcme;
  const patience = tls !== false && tls.acme ? PATIENCE : 0;
  const base: Workload = {
    // One that keeps certificates has a volume, which no two may share.
    kind: builtIn ? "stateful" : "service",
    image: options.images.traefik,
    ...(Object.keys(env).length > 0 ? { env } : {}),
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
    health: {
      // Asks only Traefik itself: no upstream's trouble may restart the balancer.
      live: { http: { port: "status", path: "/ping" }, interval: 2, timeout: 5, retries: 3, startPeriod: 10 + patience },
      // One that has not got its routes yet would answer 404 to everything.
      ready: { http: { port: "status", path: READY_PATH }, interval: 2, timeout: 2, retries: 3 },
    },
    resources: mergeOptions(RESOURCES, options.resources),
    scale: { replicas: options.replicas ?? 1 },
    ...(options.placement ? { placement: options.placement } : {}),
    update: { parallelism: 1 },
    stop: { grace: GRACE_SECONDS },
    security: { user: TRAEFIK_USER, readOnlyRoot: true, writable: [TRAEFIK_RUNTIME, "/tmp"] },
    ...(builtIn
      ? {
          volumes: [{ name: "acme", path: TRAEFIK_STATE, size: "1Gi" }],
          outside: [{ ports: [directoryPort(builtIn.directory)] }],
        }
      : {}),
    connects,
  };
  return overrideWorkload(base, options.workload);
}
