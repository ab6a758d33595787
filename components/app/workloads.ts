import {
  mergeOptions,
  overrideWorkload,
  type AutoScale,
  type Health,
  type ProbeTiming,
  type Ref,
  type Resources,
  type Stop,
  type Update,
  type Workload,
} from "../workload";
import type { AppServiceOptions, AppTierOptions } from "./options";

/** Numeric user and group of both services. */
const USER = { uid: 10001, gid: 10001 };

/**
 * Asked often, so that a new replica serves soon; patient with the answer, because a machine that is short of CPU must not lose
 * its replicas over it. The balancer routes around a silent replica long before.
 */
const TIMING: Required<ProbeTiming> = { interval: 2, timeout: 5, retries: 3, startPeriod: 20 };

/** Longer than the 4 s in which a balancer forgets a replica (see `SHORTEST_DRAIN_SECONDS`), and time for open requests after it. */
const STOP: Stop = { drain: 5, grace: 30 };

/**
 * Time for a release that starts, passes its first check and crashes to be noticed before the next good replica goes for it:
 * without it, one that crashed after 3 s had taken the place of both replicas, and nothing served for 6 s until they were back.
 */
const UPDATE: Update = { order: "start-first", parallelism: 1, delay: 10, failure: "rollback" };

interface ServiceDefaults {
  resources: Resources;
  scale: AutoScale;
}

const BACKEND: ServiceDefaults = {
  resources: { limits: { cpu: 1, memory: "512Mi" }, reservations: { cpu: "250m", memory: "256Mi" } },
  scale: { min: 2, max: 10, cpu: 70, memory: 80 },
};
const FRONTEND: ServiceDefaults = {
  resources: { limits: { cpu: "500m", memory: "256Mi" }, reservations: { cpu: "100m", memory: "128Mi" } },
  scale: { min: 2, max: 5, cpu: 60, memory: 70 },
};

/** Paths in the backend's container. */
const PATHS = {
  databasePassword: "/run/secrets/database-password",
  databaseCa: "/etc/testbro/database-ca.crt",
  redisPassword: "/run/secrets/redis-password",
  redisCa: "/etc/testbro/redis-ca.crt",
} as const;

function port(ref: Ref, name: string): string {
  return String(ref.ports[name] ?? "");
}

/** What one service has that the other has not. */
interface ServiceParts extends Pick<Workload, "image" | "env" | "secrets" | "files" | "connects"> {
  defaults: ServiceDefaults;
  health: (timing: ProbeTiming) => Health;
}

function service(ref: Ref, parts: ServiceParts, options: AppServiceOptions, scraper: Ref | undefined): Workload {
  const { defaults, health, env, ...rest } = parts;
  const stop = { ...STOP, ...options.stop };
  const base: Workload = {
    kind: "service",
    ...rest,
    env: {
      PORT: port(ref, "http"),
      METRICS_PORT: port(ref, "metrics"),
      DRAIN_SECONDS: String(stop.drain),
      ...env,
      ...options.env,
    },
    ports: Object.entries(ref.ports).map(([name, container]) => ({ name, container })),
    metrics: { port: "metrics", path: "/metrics", ...(scraper ? { scraper } : {}) },
    health: health({ ...TIMING, ...options.health }),
    resources: mergeOptions(defaults.resources, options.resources),
    scale: options.scale ?? defaults.scale,
    ...(options.placement ? { placement: options.placement } : {}),
    update: { ...UPDATE, ...options.update },
    stop,
    security: { user: USER, writable: ["/tmp"] },
  };
  return overrideWorkload(base, options.workload);
}

/** The backend as a workload. */
export function backendWorkload(ref: Ref, options: AppTierOptions): Workload {
  const { database, cache } = options;
  const parts: ServiceParts = {
    defaults: BACKEND,
    image: options.images.backend,
    env: {
      DATABASE_HOST: database.ref.host,
      DATABASE_PORT: port(database.ref, "postgres"),
      DATABASE_NAME: database.database,
      DATABASE_USER: database.user,
      DATABASE_PASSWORD_FILE: PATHS.databasePassword,
      DATABASE_CA_FILE: PATHS.databaseCa,
      REDIS_HOST: cache.ref.host,
      REDIS_PORT: port(cache.ref, "redis"),
      REDIS_USER: cache.user,
      REDIS_PASSWORD_FILE: PATHS.redisPassword,
      REDIS_CA_FILE: PATHS.redisCa,
    },
    secrets: { [PATHS.databasePassword]: database.passwordSecret, [PATHS.redisPassword]: cache.passwordSecret },
    files: { [PATHS.databaseCa]: { content: database.caPem }, [PATHS.redisCa]: { content: cache.caPem } },
    connects: [database.ref, cache.ref],
    health: (timing) => ({
      live: { http: { port: "http", path: "/health" }, ...timing },
      ready: { http: { port: "http", path: "/health/ready" }, ...timing },
    }),
  };
  return service(ref, parts, options.backend ?? {}, options.scraper);
}

/** The frontend as a workload. */
export function frontendWorkload(ref: Ref, options: AppTierOptions): Workload {
  const parts: ServiceParts = {
    defaults: FRONTEND,
    image: options.images.frontend,
    health: (timing) => ({ live: { http: { port: "http", path: "/" }, ...timing } }),
  };
  return service(ref, parts, options.frontend ?? {}, options.scraper);
}
