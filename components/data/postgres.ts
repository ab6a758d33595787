import * as pulumi from "@pulumi/pulumi";
import type { Running } from "../platform";
import { SEGMENTS, type MetricsTarget, type Ref, type Secret } from "../workload";
import type { PostgresConnection } from "./connection";
import { exporterWorkload, STORE_PATIENCE_SECONDS } from "./exporter";
import {
  checkPostgres,
  POSTGRES_MONITORING_USER,
  POSTGRES_PATHS,
  POSTGRES_PORT,
  postgresNames,
  postgresWorkload,
  type PostgresOptions,
} from "./postgres-options";
import { runStore, type StoreDescription } from "./store";

/** Port of postgres_exporter (its default). */
const EXPORTER_PORT = 9187;
const EXPORTER_PATHS = { password: "/run/secrets/postgres-monitoring-password", ca: "/etc/postgres-tls/ca.crt" };

/**
 * One PostgreSQL server with its volume, its passwords and a certificate of its own. TLS is required: plain connections are
 * refused, and clients can verify the server. Deleting the component keeps the volume.
 * @example
 * const postgres = new PostgresDatabase("postgres", { platform, image, ca, placement: { labels: { type: "database" } } });
 */
export class PostgresDatabase extends pulumi.ComponentResource implements PostgresConnection {
  readonly ref: Ref;
  readonly database: string;
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
  constructor(name: string, options: PostgresOptions, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:data:Postgres", name, {}, opts);
    const { workloadName, database, user } = postgresNames(options);
    this.database = database;
    this.user = user;
    this.ref = options.platform.declare(workloadName, { ports: { postgres: POSTGRES_PORT }, segment: SEGMENTS.postgres });
    const store = runStore(this, {
      name,
      platform: options.platform,
      ca: options.ca,
      ref: this.ref,
      workload: postgresWorkload(options),
      paths: POSTGRES_PATHS,
      passwords: options.passwords,
      exporter: this.describeExporter(options),
      problems: checkPostgres(name, options),
    });
    this.password = store.password;
    this.passwordSecret = store.passwordSecret;
    this.caPem = store.caPem;
    this.server = store.server;
    this.exporter = store.exporter;
    this.targets = store.targets;
    this.registerOutputs({ host: this.ref.host, database, user });
  }

  private describeExporter({ platform, exporter }: PostgresOptions): StoreDescription["exporter"] {
    if (!exporter) return undefined;
    const ref = platform.declare(`${this.ref.name}-exporter`, { ports: { metrics: EXPORTER_PORT }, segment: SEGMENTS.monitoring });
    const workload = exporterWorkload(exporter, {
      port: EXPORTER_PORT,
      command: "testbro-postgres-exporter",
      args: ["--log.format=json"],
      env: {
        POSTGRES_HOST: this.ref.host,
        POSTGRES_PORT: String(POSTGRES_PORT),
        POSTGRES_DATABASE: this.database,
        POSTGRES_MONITOR_USER: POSTGRES_MONITORING_USER,
        POSTGRES_MONITOR_PASSWORD_FILE: EXPORTER_PATHS.password,
        POSTGRES_CA_FILE: EXPORTER_PATHS.ca,
        PGCONNECT_TIMEOUT: String(STORE_PATIENCE_SECONDS),
      },
      store: this.ref,
    });
    return { ref, workload, paths: EXPORTER_PATHS };
  }
}
