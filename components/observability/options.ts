import type * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../platform";
import type { ByteQuantity, DeepPartial, MetricsTarget, Placement, ProbeTiming, Ref, Resources, WorkloadOverrides } from "../workload";
import type { AlertingOptions } from "./alerting-options";
import type { RuleGroup } from "./rules";

/** Balancers whose metrics are known. */
export type BalancerKind = "nginx" | "traefik";

/** Names of the app's metrics that the rules read. */
export interface MetricNames {
  /** Counter of answered requests; its label `status` is the HTTP status. @default "testbro_http_requests_total" */
  requests: string;
  /** Histogram of answer times in seconds, without `_bucket`. @default "testbro_http_request_duration_seconds" */
  duration: string;
  /** Gauge, 1 while the replica is ready for requests. @default "testbro_ready" */
  ready: string;
  /** Gauge of jobs that wait; every replica reports the same number. A selector is allowed. @default 'testbro_queue_jobs{state="waiting"}' */
  queue: string;
}

/** Where alerts begin. */
export interface Thresholds {
  /** Share of answers that are 5xx, 0 to 1. @default 0.05 */
  errorRatio: number;
  /** 99th percentile of the answer time in seconds. @default 1 */
  latencySeconds: number;
  /** Waiting jobs above which a growing queue is reported. @default 100 */
  queueJobs: number;
  /** Share of Redis' memory in use, 0 to 1; beyond all of it writes fail. @default 0.9 */
  redisMemory: number;
  /** Share of PostgreSQL's connections in use, 0 to 1. @default 0.9 */
  postgresConnections: number;
  /** Share of a container's memory limit in use, 0 to 1; at all of it the kernel kills the process. @default 0.9 */
  containerMemory: number;
  /** Share of a container's CPU limit in use, 0 to 1. @default 0.9 */
  containerCpu: number;
  /** Share of a node's memory in use, 0 to 1. @default 0.9 */
  nodeMemory: number;
  /** Share of a node's CPU in use, 0 to 1. @default 0.9 */
  nodeCpu: number;
  /** Share of a disk in use, 0 to 1. @default 0.85 */
  diskUsed: number;
  /** Days a certificate should still be valid. @default 14 */
  certificateDays: number;
  /** Hours after which a store should have been backed up again: a day, and two for the backup itself. @default 26 */
  backupHours: number;
}

/** What users were promised, over 30 days. */
export interface Objectives {
  /** Share of requests answered without a server error, 0.94 to 1 (exclusive). @default 0.999 */
  availability: number;
  /** Share of requests answered within `latencySeconds`, 0.94 to 1 (exclusive). @default 0.99 */
  latency: number;
  /** Seconds; has to be the bound of a bucket of the metric `duration`. @default 0.5 */
  latencySeconds: number;
}

/** Addresses that are asked from time to time as a user would. */
export interface ProbeOptions {
  /** The balancer; each of its replicas is asked. */
  through: Ref;
  /** Its HTTPS port, by name. @default "https" */
  port?: string;
  /** Public host name, which goes with the question and has to be in the certificate. @example "testbro.example" */
  host: string;
  /** @default ["/"] */
  paths?: string[];
  /** Authorities trusted besides the public ones of the image, such as the own one that signed the balancer's certificate; PEM. @default none */
  ca?: pulumi.Input<string>;
  /** Whole addresses asked as they are, over the network outside. @default [] @example ["https://testbro.example/"] */
  urls?: string[];
}

/** What watches the nodes and the addresses. */
export interface ExporterOptions {
  /** Image with `prometheus-node-exporter` and `prometheus-blackbox-exporter`. */
  image: pulumi.Input<string>;
  /** Whether every node is watched. @default true */
  nodes?: boolean;
  /** @default none */
  probes?: ProbeOptions;
  /** Any field of the node exporter's workload. */
  nodeWorkload?: WorkloadOverrides;
  /** Any field of the blackbox exporter's workload. */
  probeWorkload?: WorkloadOverrides;
}

/** How long samples are kept; whichever is reached first. */
export interface Retention {
  /** Days. @default 15 */
  days: number;
  /** Bytes on disk; has to leave room in the volume for the write-ahead log. @default "4Gi" */
  size: ByteQuantity;
}

/** Pages that show what is measured: four dashboards, provisioned. */
export interface GrafanaOptions {
  /** Grafana's own image, 11 or later. @example "grafana/grafana:12.2.0" */
  image: pulumi.Input<string>;
  /** Path under which the balancer serves it. @default "/grafana" */
  pathPrefix?: string;
  /** Password of its user `admin`. Secret. @default generated */
  adminPassword?: pulumi.Input<string>;
  /** Any field of its workload. */
  workload?: WorkloadOverrides;
}

/** References of the tier: port name `http`, of the node exporter `metrics`. */
export interface ObservabilityRefs {
  prometheus: Ref;
  alertmanager: Ref;
  nodeExporter: Ref;
  blackbox: Ref;
  grafana: Ref;
}

/** Options of `ObservabilityTier`. */
export interface ObservabilityOptions {
  /** Where it runs. */
  platform: Platform;
  /** Image with Prometheus. */
  image: pulumi.Input<string>;
  /** References made earlier by `ObservabilityTier.declare`. @default declared here */
  refs?: ObservabilityRefs;
  /** Everything to scrape, as the tiers list it. Prometheus adds itself. @example [...app.targets, ...data.targets] */
  targets: MetricsTarget[];
  /** HTTP path prefix under which the balancer serves it. @default "/prometheus" */
  pathPrefix?: string;
  /** Address people reach it at, for links in alerts; must end in `pathPrefix`. @default `pathPrefix` on the host itself */
  externalUrl?: pulumi.Input<string>;
  /** Seconds between two scrapes of a replica, and between two evaluations of a rule. @default 5 */
  scrapeInterval?: number;
  /** How long samples are kept. @default 15 days, 4Gi */
  retention?: Partial<Retention>;
  /** Size of the data volume, where the platform provisions volumes. @default "10Gi" */
  storage?: ByteQuantity;
  /** Names of the app's metrics. @default those of the sample app */
  metricNames?: Partial<MetricNames>;
  /** Whose metrics the balancer among the targets has, which alerts and a dashboard are about. @default "nginx" */
  balancer?: BalancerKind;
  /** Where alerts begin. */
  thresholds?: Partial<Thresholds>;
  /** What users were promised; alerts tell when the promise is being used up. */
  objectives?: Partial<Objectives>;
  /** Watches nodes and public addresses. @default neither is watched */
  exporters?: ExporterOptions;
  /** Shows the dashboards. @default none: `dashboards()` still gives them for a Grafana of your own */
  grafana?: GrafanaOptions;
  /** Where the runbooks of docs/runbooks are published; alerts link there. @default "docs/runbooks", a path in the repository */
  runbooks?: string;
  /** Alert rules of your own, added to the built-in ones. @default [] */
  rules?: RuleGroup[];
  /** Tells people about alerts. @default none: alerts show in Prometheus only */
  alerting?: AlertingOptions;
  /** CPU and memory of Prometheus. @default limits 1 CPU and 1Gi, reservations 100m and 512Mi */
  resources?: DeepPartial<Resources>;
  /** Where it may run. @default anywhere */
  placement?: Placement;
  /** Timing of its health check. @default interval 5 s, timeout 10 s, retries 3, start period 60 s */
  health?: ProbeTiming;
  /** Any field of Prometheus' workload, laid over everything above. */
  workload?: WorkloadOverrides;
}

/** Options with the defaults the pure renderers need. */
export interface Settings {
  pathPrefix: string;
  scrapeInterval: number;
  retention: Retention;
  storage: ByteQuantity;
  metricNames: MetricNames;
  balancer: BalancerKind;
  thresholds: Thresholds;
  objectives: Objectives;
  /** Without a slash at its end. */
  runbooks: string;
}

const THRESHOLDS: Thresholds = {
  errorRatio: 0.05,
  latencySeconds: 1,
  queueJobs: 100,
  redisMemory: 0.9,
  postgresConnections: 0.9,
  containerMemory: 0.9,
  containerCpu: 0.9,
  nodeMemory: 0.9,
  nodeCpu: 0.9,
  diskUsed: 0.85,
  certificateDays: 14,
  backupHours: 26,
};

const OBJECTIVES: Objectives = { availability: 0.999, latency: 0.99, latencySeconds: 0.5 };

/** Defaults filled in. */
export function settingsOf(
  options: Pick<
    ObservabilityOptions,
    "pathPrefix" | "scrapeInterval" | "retention" | "storage" | "metricNames" | "balancer" | "thresholds" | "objectives" | "runbooks"
  >,
): Settings {
  return {
    pathPrefix: options.pathPrefix ?? "/prometheus",
    scrapeInterval: options.scrapeInterval ?? 5,
    retention: { days: 15, size: "4Gi", ...options.retention },
    storage: options.storage ?? "10Gi",
    metricNames: {
      requests: "testbro_http_requests_total",
      duration: "testbro_http_request_duration_seconds",
      ready: "testbro_ready",
      queue: 'testbro_queue_jobs{state="waiting"}',
      ...options.metricNames,
    },
    balancer: options.balancer ?? "nginx",
    thresholds: { ...THRESHOLDS, ...options.thresholds },
    objectives: { ...OBJECTIVES, ...options.objectives },
    runbooks: (options.runbooks ?? "docs/runbooks").replace(/\/+$/, ""),
  };
}
