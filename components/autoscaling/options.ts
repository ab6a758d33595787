import type * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../platform";
import type { DeepPartial, Placement, ProbeTiming, Ref, Resources, WorkloadOverrides } from "../workload";

/** Ports of the auto-scaler and of its gate. */
export const AUTOSCALER_PORTS = { http: 9095 } as const;
export const GATE_PORTS = { http: 9096 } as const;

/** Group of the gate and the auto-scaler alone: nobody else may ask the gate anything. */
export const ENGINE_SEGMENT = "engine";

/** Both workloads by reference: port name `http`. */
export interface AutoScalerRefs {
  autoscaler: Ref;
  gate: Ref;
}

/** Where the numbers come from. */
export interface MetricsSource {
  /** Prometheus, e.g. `ObservabilityTier.declare(platform).prometheus`; its port "http" is asked. */
  ref: Ref;
  /** Its path prefix. @default "/prometheus" */
  pathPrefix?: string;
  /** Seconds between two scrapes; rates look back over three. @default 5 */
  scrapeInterval?: number;
}

/**
 * Queries behind the targets of a workload's scale. `$service` stands for the workload's full name, `$quantile` for the latency's.
 */
export interface ScalingQueries {
  /** Requests per second over all replicas. @default the sample app's counter without health checks */
  requests: string;
  /** Seconds. @default the sample app's histogram */
  latency: string;
  /** Items that wait, over all replicas. @default the sample app's gauge of waiting jobs */
  queue: string;
}

/** Paces; what is left out is as in the auto-scaler's own documentation. */
export interface ScalingPaces {
  /** Seconds between evaluations of CPU, memory and latency. @default 60 */
  checkInterval?: number;
  /** Seconds between evaluations of request rates and queues. @default 5 */
  fastInterval?: number;
  /** Seconds before CPU, memory or latency may grow a service again. @default 300 */
  upCooldown?: number;
  /** Seconds before CPU, memory or latency may shrink a service after a change. @default 600 */
  downCooldown?: number;
  /** Seconds over which the highest need by CPU, memory or latency counts before a service shrinks. @default 300 */
  stabilization?: number;
}

/** Options of `AutoScaler`. */
export interface AutoScalerOptions extends ScalingPaces {
  /** Where it runs: a Swarm. Kubernetes scales by itself. */
  platform: Platform;
  /** Image with the auto-scaler. */
  image: pulumi.Input<string>;
  /** References made earlier by `AutoScaler.declare`. @default declared here */
  refs?: AutoScalerRefs;
  /** The engine's socket on the node. @default "/var/run/docker.sock" */
  engineSocket?: string;
  /** Numeric group that owns that socket: `stat -c %g /var/run/docker.sock`. */
  engineGroup: number;
  /** One gate on every node, so that all replicas' CPU and memory are seen. @default false: the Swarm has one node */
  everyNode?: boolean;
  /** Where request rates, latencies and queues come from. @default nowhere: CPU and memory only */
  prometheus?: MetricsSource;
  queries?: Partial<ScalingQueries>;
  /** Path under which the balancer serves the status page. @default "/autoscaler" */
  pathPrefix?: string;
  /** Slack's incoming webhook for notifications. Kept secret. @default none */
  slackWebhook?: pulumi.Input<string>;
  /** Decide and report, change nothing. @default false */
  dryRun?: boolean;
  /** Who reads the metrics. @default nobody */
  scraper?: Ref;
  /** CPU and memory of each of the two. @default limits 500m and 256Mi, reservations 50m and 128Mi */
  resources?: DeepPartial<Resources>;
  /** Where the auto-scaler may run; with several nodes a label that one node has, which then keeps its state. @default anywhere */
  placement?: Placement;
  /** Timing of the health checks. @default interval 5 s, timeout 10 s, retries 3, start period 60 s */
  health?: ProbeTiming;
  /** Any field of the auto-scaler's workload, laid over everything above. */
  workload?: WorkloadOverrides;
  /** Any field of the gate's workload. */
  gateWorkload?: WorkloadOverrides;
}
