import type * as pulumi from "@pulumi/pulumi";
import { overrideWorkload, type Ref, type Secret, type Workload } from "../../workload";
import { bodyDirectoryOf, dataLimitOf, resourcesOf } from "./capacity";
import { mayStaple } from "./certificates";
import type { NginxLoadBalancerOptions } from "./options";
import { fileVolumes } from "./routes";
import { CACHE_DIRECTORY, RUNTIME_DIRECTORY } from "./render";

/** Ports in the container by name. */
export const CONTAINER_PORTS = { http: 8080, https: 8443, status: 8081 } as const;

/** User and group of the image's nginx. */
export const USER = { uid: 10101, gid: 10101 };

/** Responders are asked over plain HTTP: what they say is signed (RFC 6960, appendix A). */
const OCSP_PORT = 80;

/** What the component has made for the workload. */
export interface BalancerParts {
  /** Configuration files by path. */
  files: Record<string, pulumi.Input<string>>;
  /** Secret files by path. */
  secrets: Record<string, Secret>;
  /** Whom it talks to. */
  connects: Ref[];
  /** Environment of the image's entry point. @default {} */
  env?: Record<string, string>;
  /** Seconds the entry point may wait for files before nginx starts. @default 0 */
  patience?: number;
}

/** The balancer as a workload. */
export function balancerWorkload(options: NginxLoadBalancerOptions, parts: BalancerParts): Workload {
  const { http = 80, https = 443 } = options.ports ?? {};
  const { tls } = options;
  const volumes = fileVolumes(options.routes);
  const dataLimit = dataLimitOf(options);
  const env = { ...parts.env, ...(dataLimit === undefined ? {} : { NGINX_DATA_LIMIT: String(dataLimit) }) };
  const base: Workload = {
    kind: "service",
    image: options.image,
    ...(Object.keys(env).length > 0 ? { env } : {}),
    files: Object.fromEntries(Object.entries(parts.files).map(([path, content]) => [path, { content }])),
    secrets: parts.secrets,
    ports: [
      { name: "http", container: CONTAINER_PORTS.http, ...(http === false ? {} : { publish: { port: http } }) },
      { name: "https", container: CONTAINER_PORTS.https, ...(tls === false ? {} : { publish: { port: https } }) },
      ...(tls !== false && tls.http3
        ? [{ name: "http3", container: CONTAINER_PORTS.https, protocol: "udp" as const, publish: { port: https } }]
        : []),
      { name: "status", container: CONTAINER_PORTS.status },
    ],
    metrics: { port: "status", path: "/metrics", ...(options.scraper ? { scraper: options.scraper } : {}) },
    // Asks only nginx itself: no upstream's trouble may restart the balancer.
    health: {
      live: { http: { port: "status", path: "/healthz" }, interval: 2, timeout: 5, retries: 3, startPeriod: 10 + (parts.patience ?? 0) },
    },
    resources: resourcesOf(options),
    scale: { replicas: options.replicas ?? 1 },
    ...(options.placement ? { placement: options.placement } : {}),
    // Which of the two goes first is the platform's to say: it knows whether a published port can have two owners for a while.
    update: { parallelism: 1 },
    // nginx finishes open requests on SIGQUIT; on SIGTERM it would cut them.
    stop: { signal: "SIGQUIT", grace: 30 },
    security: { user: USER, readOnlyRoot: true, writable: [RUNTIME_DIRECTORY, CACHE_DIRECTORY, bodyDirectoryOf(options)] },
    ...(volumes.length > 0 ? { volumes } : {}),
    ...(mayStaple(options) ? { outside: [{ ports: [OCSP_PORT] }] } : {}),
    connects: parts.connects,
  };
  return overrideWorkload(base, options.workload);
}
