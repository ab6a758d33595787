import type * as pulumi from "@pulumi/pulumi";
import type { PostgresConnection, RedisConnection } from "../data";
import type { Platform } from "../platform";
import type {
  AutoScale,
  DeepPartial,
  FixedScale,
  Placement,
  ProbeTiming,
  Ref,
  Resources,
  Stop,
  Update,
  WorkloadOverrides,
} from "../workload";

/** Ports of one service. */
export interface AppPorts {
  /** Port of its requests. */
  http: number;
  /** Port of its Prometheus metrics, which the balancer does not route to. */
  metrics: number;
}

/** Ports of the app; `metrics` is the default of OpenTelemetry's Prometheus exporter. */
export const APP_PORTS: Readonly<{ backend: AppPorts; frontend: AppPorts }> = {
  backend: { http: 3001, metrics: 9464 },
  frontend: { http: 3000, metrics: 9464 },
};

/** Both services by reference: port names `http` and `metrics`. */
export interface AppRefs {
  backend: Ref;
  frontend: Ref;
}

/** What can be set of one service. */
export interface AppServiceOptions {
  /** Replicas: a fixed number, or bounds and targets for an auto-scaler. @default backend { min: 2, max: 10, cpu: 70, memory: 80 }, frontend { min: 2, max: 5, cpu: 60, memory: 70 } */
  scale?: FixedScale | AutoScale;
  /** CPU and memory of one replica. @default backend limits 1 CPU and 512Mi, reservations 250m and 256Mi; frontend limits 500m and 256Mi, reservations 100m and 128Mi */
  resources?: DeepPartial<Resources>;
  /** Environment, laid over the tier's own. Never secrets. @default {} */
  env?: Record<string, pulumi.Input<string>>;
  /** Where replicas may run. @default anywhere @example { labels: { type: "app" }, spread: "zone" } */
  placement?: Placement;
  /** Timing of liveness and readiness. @default interval 2 s, timeout 5 s, retries 3, start period 20 s */
  health?: ProbeTiming;
  /** How a replica leaves. @default drain 5 s, grace 30 s */
  stop?: Stop;
  /** How a release reaches the replicas. @default start-first, one at a time, rolled back when it fails */
  update?: Update;
  /** Any field of the workload, laid over everything above. */
  workload?: WorkloadOverrides;
}

/** Options of `AppTier`. */
export interface AppTierOptions {
  /** Where it runs. */
  platform: Platform;
  /** Images by service. @example { backend: "testbro-backend@sha256:…", frontend: "testbro-frontend@sha256:…" } */
  images: { backend: pulumi.Input<string>; frontend: pulumi.Input<string> };
  /** References made earlier by `AppTier.declare`. @default declared here with the default ports */
  refs?: AppRefs;
  /** The backend's database, e.g. `data.postgres`. */
  database: PostgresConnection;
  /** The backend's cache and queue, e.g. `data.redis`. */
  cache: RedisConnection;
  /** Who reads the metrics of both services, e.g. `ObservabilityTier.declare(platform).prometheus`. @default nobody */
  scraper?: Ref;
  /** The backend: port 3001, liveness `/health`, readiness `/health/ready`. */
  backend?: AppServiceOptions;
  /** The frontend: port 3000, liveness `GET /`. */
  frontend?: AppServiceOptions;
}
