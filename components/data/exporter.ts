import type * as pulumi from "@pulumi/pulumi";
import {
  mergeOptions,
  overrideWorkload,
  type DeepPartial,
  type Placement,
  type Ref,
  type Resources,
  type Workload,
  type WorkloadOverrides,
} from "../workload";

/** A metrics exporter beside a data store. */
export interface ExporterOptions {
  /** Image of the exporter. */
  image: pulumi.Input<string>;
  /** Who reads the metrics, e.g. `ObservabilityTier.declare(platform).prometheus`. */
  scraper: Ref;
  /** CPU and memory. @default limits 200m and 128Mi, reservations 20m and 64Mi */
  resources?: DeepPartial<Resources>;
  /** Where it may run. @default anywhere */
  placement?: Placement;
  /** Any field of the workload, laid over everything above. */
  workload?: WorkloadOverrides;
}

/** What differs from one exporter to the next. */
export interface ExporterKind {
  /** Command in the image. */
  command: string;
  /** Its arguments. */
  args: string[];
  /** Port of its metrics. */
  port: number;
  env: Record<string, pulumi.Input<string>>;
  /** The store it reads. */
  store: Ref;
}

/**
 * Seconds after which a store that does not answer is down. Well within a scrape: an exporter that waits as long as it does by itself
 * (15 s and more, also for a name that has left DNS) answers no scrape, and then nobody says that the store is away.
 */
export const STORE_PATIENCE_SECONDS = 2;

/** Numeric user and group of every exporter. */
const EXPORTER_USER = { uid: 10091, gid: 10091 };

const RESOURCES: Resources = { limits: { cpu: "200m", memory: "128Mi" }, reservations: { cpu: "20m", memory: "64Mi" } };

/**
 * The exporter as a workload, its secrets not yet attached. Its health is that of its own process: a store that is down shows
 * in the metrics and must not restart the exporter that says so.
 */
export function exporterWorkload(options: ExporterOptions, kind: ExporterKind): Workload {
  const base: Workload = {
    kind: "service",
    image: options.image,
    command: [kind.command],
    args: kind.args,
    env: kind.env,
    ports: [{ name: "metrics", container: kind.port }],
    metrics: { port: "metrics", scraper: options.scraper },
    health: { live: { http: { port: "metrics", path: "/" }, interval: 5, timeout: 5, retries: 3, startPeriod: 15 } },
    resources: mergeOptions(RESOURCES, options.resources),
    scale: { replicas: 1 },
    ...(options.placement ? { placement: options.placement } : {}),
    priority: "low",
    stop: { grace: 15 },
    security: { user: EXPORTER_USER },
    connects: [kind.store],
    policyExemptions: { "availability-replicas": "answers the scraper alone, which shows a gap while it restarts" },
  };
  return overrideWorkload(base, options.workload);
}
