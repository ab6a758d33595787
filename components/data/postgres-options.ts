import type * as pulumi from "@pulumi/pulumi";
import type { OwnCertificateAuthority } from "../certificates";
import type { Platform } from "../platform";
import {
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

/** Port of the server (IANA). */
export const POSTGRES_PORT = 5432;

/** Role the exporter reads statistics with. */
export const POSTGRES_MONITORING_USER = "testbro_monitor";

/** Longest identifier PostgreSQL keeps: NAMEDATALEN - 1 (PostgreSQL documentation, "Identifiers and Key Words"). */
const LONGEST_IDENTIFIER = 63;

/** Options of `PostgresDatabase`. */
export interface PostgresOptions {
  /** Where it runs. */
  platform: Platform;
  /** Image of the server. @example "testbro-postgres@sha256:…" */
  image: pulumi.Input<string>;
  /** Signs the server's certificate. */
  ca: OwnCertificateAuthority;
  /** Name of the workload. @default "postgres" */
  workloadName?: string;
  /** Database the app uses, made at the first start. @default "testbro" */
  database?: string;
  /** Role that owns the database. @default "testbro" */
  user?: string;
  /** Existing passwords. Each one left out is generated and kept in the state. */
  passwords?: {
    /** Of `user`. */
    app?: pulumi.Input<string>;
    /** Of the role that the exporter reads statistics with. */
    monitoring?: pulumi.Input<string>;
  };
  /** CPU and memory. @default limits 1 CPU and 1Gi, reservations 250m and 512Mi */
  resources?: DeepPartial<Resources>;
  /** Where it may run. @default anywhere @example { labels: { type: "database" } } */
  placement?: Placement;
  /** Timing of the connection test. @default interval 5 s, timeout 10 s, retries 3, start period 600 s: replaying the log after a crash must not be cut off */
  health?: ProbeTiming;
  /** Size of the data volume, where the platform provisions volumes. @default "20Gi" */
  storage?: ByteQuantity;
  /** Server settings (`postgresql.conf`) by name. @default {} @example { max_connections: "200" } */
  settings?: Record<string, string>;
  /** Runs a metrics exporter beside the server. @default none */
  exporter?: ExporterOptions;
  /** Any field of the server's workload, laid over everything above. */
  workload?: WorkloadOverrides;
}

/** Names with their defaults filled in. */
export function postgresNames(options: PostgresOptions): { workloadName: string; database: string; user: string } {
  return {
    workloadName: options.workloadName ?? "postgres",
    database: options.database ?? "testbro",
    user: options.user ?? "testbro",
  };
}

function checkIdentifier(path: string, value: string): Problem[] {
  if (/^[a-z_][a-z0-9_]*$/.test(value) && value.length <= LONGEST_IDENTIFIER && !value.startsWith("pg_")) return [];
  return [
    {
      path,
      message: `"${value}" is not a name of at most ${LONGEST_IDENTIFIER} lower-case letters, digits and underscores outside pg_…`,
      fix: 'start with a letter, e.g. "testbro"',
    },
  ];
}

/** Everything wrong with the options themselves; the workload made of them is checked by the platform. */
export function checkPostgres(name: string, options: PostgresOptions): Problem[] {
  const { database, user } = postgresNames(options);
  const problems = [...checkIdentifier(`${name}.database`, database), ...checkIdentifier(`${name}.user`, user)];
  if (user === "postgres" || user === POSTGRES_MONITORING_USER) {
    problems.push({
      path: `${name}.user`,
      message: `"${user}" is a role the server needs itself`,
      fix: 'give the app its own, e.g. "testbro"',
    });
  }
  for (const [key, password] of Object.entries(options.passwords ?? {})) {
    if (password !== "") continue;
    problems.push({ path: `${name}.passwords.${key}`, message: "is empty", fix: "give a password, or leave it out for a generated one" });
  }
  for (const setting of Object.keys(options.settings ?? {})) {
    if (!/^[a-z_][a-z0-9_.]*$/.test(setting)) {
      problems.push({ path: `${name}.settings`, message: `"${setting}" is not a server setting's name`, fix: 'e.g. "max_connections"' });
    } else if (setting === "ssl" || setting.startsWith("ssl_")) {
      problems.push({ path: `${name}.settings`, message: `"${setting}" is set by the component, which requires TLS`, fix: "leave it out" });
    }
  }
  return problems;
}

const RESOURCES: Resources = { limits: { cpu: 1, memory: "1Gi" }, reservations: { cpu: "250m", memory: "512Mi" } };
const HEALTH: Required<ProbeTiming> = { interval: 5, timeout: 10, retries: 3, startPeriod: 600 };

/** Seconds for a fast shutdown with its checkpoint before SIGKILL, which would mean crash recovery at the next start. */
const GRACE_SECONDS = 60;

/** Paths in the server's container. */
export const POSTGRES_PATHS = {
  password: "/run/secrets/postgres-password",
  monitoringPassword: "/run/secrets/postgres-monitoring-password",
  certificate: "/run/secrets/postgres-tls.crt",
  key: "/run/secrets/postgres-tls.key",
  ca: "/etc/postgres-tls/ca.crt",
} as const;

/** The server as a workload; its secrets and the authority's certificate are attached once they exist. */
export function postgresWorkload(options: PostgresOptions): Workload {
  const { database, user } = postgresNames(options);
  const base: Workload = {
    kind: "stateful",
    image: options.image,
    args: Object.entries(options.settings ?? {}).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
    env: {
      POSTGRES_DATABASE: database,
      POSTGRES_USER: user,
      POSTGRES_PASSWORD_FILE: POSTGRES_PATHS.password,
      POSTGRES_TLS_CERT_FILE: POSTGRES_PATHS.certificate,
      POSTGRES_TLS_KEY_FILE: POSTGRES_PATHS.key,
      POSTGRES_CA_FILE: POSTGRES_PATHS.ca,
      POSTGRES_MONITOR_USER: POSTGRES_MONITORING_USER,
      POSTGRES_MONITOR_PASSWORD_FILE: POSTGRES_PATHS.monitoringPassword,
    },
    ports: [{ name: "postgres", container: POSTGRES_PORT }],
    health: { live: { exec: ["testbro-postgres-health"], ...HEALTH, ...options.health } },
    resources: mergeOptions(RESOURCES, options.resources),
    scale: { replicas: 1 },
    ...(options.placement ? { placement: options.placement } : {}),
    priority: "high",
    update: { order: "stop-first" },
    stop: { grace: GRACE_SECONDS },
    security: { user: { uid: 10070, gid: 10070 }, writable: ["/tmp", "/run/postgresql"] },
    volumes: [{ name: "data", path: "/var/lib/postgresql", size: options.storage ?? "20Gi" }],
  };
  return overrideWorkload(base, options.workload);
}
