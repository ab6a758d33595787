import * as pulumi from "@pulumi/pulumi";
import type { Running } from "../platform";
import { SEGMENTS, type MetricsTarget, type Ref, type Secret } from "../workload";
import type { RedisConnection } from "./connection";
import { exporterWorkload, STORE_PATIENCE_SECONDS } from "./exporter";
import { checkRedis, REDIS_MONITORING_USER, REDIS_PATHS, REDIS_PORT, redisNames, redisWorkload, type RedisOptions } from "./redis-options";
import { runStore, type StoreDescription } from "./store";

/** Port of redis_exporter (its default). */
const EXPORTER_PORT = 9121;
const EXPORTER_PATHS = { password: "/run/secrets/redis-monitoring-password", ca: "/etc/redis-tls/ca.crt" };

/**
 * One Redis server with its volume (append-only file), its passwords and a certificate of its own. It speaks only TLS, never
 * evicts a key, and its user `default` is switched off. Deleting the component keeps the volume.
 * @example
 * const redis = new RedisCache("redis", { platform, image, ca, resources: { limits: { memory: "1Gi" } } });
 */
export class RedisCache extends pulumi.ComponentResource implements RedisConnection {
  readonly ref: Ref;
  readonly user: string;
  readonly passwordSecret: Secret;
  readonly caPem: pulumi.Output<string>;
  /** Password of `user`. Secret. */
  readonly password: pulumi.Output<string>;
  /** The server that runs. */
  readonly server: Running;
  /** The exporter that runs, where one was asked for. */
  readonly exporter: Running | undefined;
  /** What a scraper reads. */
  readonly targets: MetricsTarget[];

  /** @throws pulumi.ResourceError with every problem of the options and of both workloads at once */
  constructor(name: string, options: RedisOptions, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:data:Redis", name, {}, opts);
    const { workloadName, user } = redisNames(options);
    this.user = user;
    this.ref = options.platform.declare(workloadName, { ports: { redis: REDIS_PORT }, segment: SEGMENTS.redis });
    const store = runStore(this, {
      name,
      platform: options.platform,
      ca: options.ca,
      ref: this.ref,
      workload: redisWorkload(options),
      paths: REDIS_PATHS,
      passwords: options.passwords,
      exporter: this.describeExporter(options),
      problems: checkRedis(name, options),
    });
    this.password = store.password;
    this.passwordSecret = store.passwordSecret;
    this.caPem = store.caPem;
    this.server = store.server;
    this.exporter = store.exporter;
    this.targets = store.targets;
    this.registerOutputs({ host: this.ref.host, user });
  }

  private describeExporter({ platform, exporter }: RedisOptions): StoreDescription["exporter"] {
    if (!exporter) return undefined;
    const ref = platform.declare(`${this.ref.name}-exporter`, { ports: { metrics: EXPORTER_PORT }, segment: SEGMENTS.monitoring });
    const workload = exporterWorkload(exporter, {
      port: EXPORTER_PORT,
      command: "testbro-redis-exporter",
      // Latencies of every command in every bucket are a quarter of all the stack's series, and no panel's or alert's.
      args: ["-log-format", "json", "-exclude-latency-histogram-metrics", "-connection-timeout", `${STORE_PATIENCE_SECONDS}s`],
      env: {
        REDIS_HOST: this.ref.host,
        REDIS_PORT: String(REDIS_PORT),
        REDIS_MONITOR_USER: REDIS_MONITORING_USER,
        REDIS_MONITOR_PASSWORD_FILE: EXPORTER_PATHS.password,
        REDIS_CA_FILE: EXPORTER_PATHS.ca,
      },
      store: this.ref,
    });
    return { ref, workload, paths: EXPORTER_PATHS };
  }
}
