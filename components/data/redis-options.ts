import type * as pulumi from "@pulumi/pulumi";
import type { OwnCertificateAuthority } from "../certificates";
import type { Platform } from "../platform";
import {
  bytes,
  mergeOptions,
  overrideWorkload,
  type ByteQuantity,
  type DeepPartial,
  type Placement,
  type ProbeTiming,
  type Problem,
  type Resources,
  type Workload,
  type WorkloadOverrides,
} from "../workload";
import type { ExporterOptions } from "./exporter";

/** Port of the server (IANA); it speaks only TLS there. */
export const REDIS_PORT = 6379;

/** User (ACL) the exporter reads statistics with; it can read no key. */
export const REDIS_MONITORING_USER = "testbro_monitor";

/** Options of `RedisCache`. */
export interface RedisOptions {
  /** Where it runs. */
  platform: Platform;
  /** Image of the server. @example "testbro-redis@sha256:…" */
  image: pulumi.Input<string>;
  /** Signs the server's certificate. */
  ca: OwnCertificateAuthority;
  /** Name of the workload. @default "redis" */
  workloadName?: string;
  /** User (ACL) of the app; the user `default` is switched off. @default "testbro" */
  user?: string;
  /** Existing passwords. Each one left out is generated and kept in the state. */
  passwords?: {
    /** Of `user`. */
    app?: pulumi.Input<string>;
    /** Of the user that the exporter reads statistics with. */
    monitoring?: pulumi.Input<string>;
  };
  /** Memory for data; writes fail beyond it. Leave room below the memory limit for buffers and the copy made while saving. @default half the memory limit */
  maxMemory?: ByteQuantity;
  /** CPU and memory. @default limits 500m and 512Mi, reservations 100m and 256Mi */
  resources?: DeepPartial<Resources>;
  /** Where it may run. @default anywhere @example { labels: { type: "database" } } */
  placement?: Placement;
  /** Timing of the PING. @default interval 5 s, timeout 10 s, retries 3, start period 30 s */
  health?: ProbeTiming;
  /** Size of the data volume, where the platform provisions volumes. @default "5Gi" */
  storage?: ByteQuantity;
  /** Runs a metrics exporter beside the server. @default none */
  exporter?: ExporterOptions;
  /** Any field of the server's workload, laid over everything above. */
  workload?: WorkloadOverrides;
}

const RESOURCES: Resources = { limits: { cpu: "500m", memory: "512Mi" }, reservations: { cpu: "100m", memory: "256Mi" } };
const HEALTH: Required<ProbeTiming> = { interval: 5, timeout: 10, retries: 3, startPeriod: 30 };

/** Paths in the server's container. */
export const REDIS_PATHS = {
  password: "/run/secrets/redis-password",
  monitoringPassword: "/run/secrets/redis-monitoring-password",
  certificate: "/run/secrets/redis-tls.crt",
  key: "/run/secrets/redis-tls.key",
  ca: "/etc/redis-tls/ca.crt",
} as const;

/** Names with their defaults filled in. */
export function redisNames(options: RedisOptions): { workloadName: string; user: string } {
  return { workloadName: options.workloadName ?? "redis", user: options.user ?? "testbro" };
}

/** A quantity in bytes, undefined when it is malformed. */
function bytesOf(quantity: ByteQuantity): number | undefined {
  try {
    return bytes(quantity);
  } catch {
    return undefined;
  }
}

function resourcesOf(options: RedisOptions): Resources {
  return mergeOptions(RESOURCES, options.resources);
}

/** Everything wrong with the options themselves; the workload made of them is checked by the platform. */
export function checkRedis(name: string, options: RedisOptions): Problem[] {
  const { user } = redisNames(options);
  const problems: Problem[] = [];
  if (!/^[A-Za-z0-9_-]+$/.test(user)) {
    problems.push({ path: `${name}.user`, message: `"${user}" is not of letters, digits, _ and -`, fix: 'e.g. "testbro"' });
  } else if (user === "default" || user === REDIS_MONITORING_USER) {
    problems.push({
      path: `${name}.user`,
      message: `"${user}" is ${user === "default" ? "switched off" : "the exporter's"}`,
      fix: 'e.g. "testbro"',
    });
  }
  for (const [key, password] of Object.entries(options.passwords ?? {})) {
    if (password !== "") continue;
    problems.push({ path: `${name}.passwords.${key}`, message: "is empty", fix: "give a password, or leave it out for a generated one" });
  }
  if (options.maxMemory !== undefined) {
    const limit = bytesOf(resourcesOf(options).limits.memory);
    const most = bytesOf(options.maxMemory);
    if (most === undefined || most <= 0) {
      problems.push({ path: `${name}.maxMemory`, message: `"${options.maxMemory}" is no amount of memory`, fix: 'e.g. "256Mi"' });
    } else if (limit !== undefined && most >= limit) {
      problems.push({
        path: `${name}.maxMemory`,
        message: `${options.maxMemory} is not below the memory limit ${resourcesOf(options).limits.memory}, so the server would be killed before it refuses a write`,
        fix: "raise resources.limits.memory, or lower it",
      });
    }
  }
  return problems;
}

/** The server as a workload; its secrets and the authority's certificate are attached once they exist. */
export function redisWorkload(options: RedisOptions): Workload {
  const resources = resourcesOf(options);
  const limit = bytesOf(resources.limits.memory);
  const maxMemory = options.maxMemory === undefined ? limit && Math.floor(limit / 2) : bytesOf(options.maxMemory);
  const base: Workload = {
    kind: "stateful",
    image: options.image,
    env: {
      REDIS_USER: redisNames(options).user,
      REDIS_PASSWORD_FILE: REDIS_PATHS.password,
      REDIS_TLS_CERT_FILE: REDIS_PATHS.certificate,
      REDIS_TLS_KEY_FILE: REDIS_PATHS.key,
      REDIS_CA_FILE: REDIS_PATHS.ca,
      REDIS_MONITOR_USER: REDIS_MONITORING_USER,
      REDIS_MONITOR_PASSWORD_FILE: REDIS_PATHS.monitoringPassword,
      // A malformed limit is reported by the platform's check; there is nothing to derive from it.
      ...(maxMemory === undefined ? {} : { REDIS_MAXMEMORY: String(maxMemory) }),
    },
    ports: [{ name: "redis", container: REDIS_PORT }],
    health: { live: { exec: ["testbro-redis-health"], ...HEALTH, ...options.health } },
    resources,
    scale: { replicas: 1 },
    ...(options.placement ? { placement: options.placement } : {}),
    priority: "high",
    update: { order: "stop-first" },
    stop: { grace: 30 },
    security: { user: { uid: 10079, gid: 10079 }, writable: ["/tmp", "/run/redis"] },
    volumes: [{ name: "data", path: "/var/lib/redis", size: options.storage ?? "5Gi" }],
  };
  return overrideWorkload(base, options.workload);
}
