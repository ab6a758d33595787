import { basename } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { SEGMENTS, type Ref, type Workload } from "../../workload";
import type { Channel } from "../channel";
import type { NginxLoadBalancerOptions } from "./options";
import { CACHE_DIRECTORY, RUNTIME_DIRECTORY } from "./render";
import { USER, type BalancerParts } from "./workload";

const PORT = 8444;

/** Folders of the bundle in the service that offers it. */
const FILES = "/etc/nginx/bundle";
const SECRETS = "/run/secrets/bundle";

/** Two, so that one is always there while a node or a replica is replaced. */
const REPLICAS = 2;

function inside(folder: string, path: string): string {
  return `${folder}/${basename(path)}`;
}

function moved<T>(folder: string, entries: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([path, value]) => [inside(folder, path), value]));
}

/** Creates the service that offers the balancer's files, and says what the balancer needs to fetch them. */
export function offerBundle(
  channel: Channel,
  balancer: Ref,
  options: NginxLoadBalancerOptions,
  parts: BalancerParts,
  parent: pulumi.Resource,
): BalancerParts & { dependsOn: pulumi.Resource[] } {
  const { platform } = options;
  const ref = platform.declare(`${balancer.name}-bundle`, { ports: { bundle: PORT }, segment: SEGMENTS.edge });
  const server = channel.server("bundle-server", ref);
  const client = channel.client(balancer);

  const files = { ...moved(FILES, parts.files), ...server.files };
  const workload: Workload = {
    kind: "service",
    image: options.image,
    command: ["testbro-nginx-bundle"],
    env: { ...server.env, NGINX_BUNDLE_FOLDERS: `${FILES} ${SECRETS}`, NGINX_BUNDLE_PORT: String(PORT) },
    files: Object.fromEntries(Object.entries(files).map(([path, content]) => [path, { content }])),
    secrets: { ...moved(SECRETS, parts.secrets), ...server.secrets },
    ports: [{ name: "bundle", container: PORT }],
    health: { live: { tcp: { port: "bundle" }, interval: 2, timeout: 2, retries: 3, startPeriod: 10 } },
    resources: { limits: { cpu: "200m", memory: "64Mi" }, reservations: { cpu: "20m", memory: "32Mi" } },
    scale: { replicas: REPLICAS },
    ...(options.placement ? { placement: options.placement } : {}),
    stop: { signal: "SIGQUIT" },
    security: { user: USER, readOnlyRoot: true, writable: [RUNTIME_DIRECTORY, CACHE_DIRECTORY] },
  };
  const running = platform.run(ref, workload, { parent });

  return {
    files: client.files,
    secrets: client.secrets,
    connects: [...parts.connects, ref],
    env: { ...client.env, NGINX_BUNDLE: `https://${ref.host}:${PORT}` },
    dependsOn: [running.resource],
  };
}
