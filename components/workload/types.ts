import type * as pulumi from "@pulumi/pulumi";
import type { ByteQuantity, CpuQuantity } from "./quantity";

/**
 * What a workload is:
 * - `service`: interchangeable replicas, may be scaled;
 * - `stateful`: keeps data in volumes, replaced stop-first, never scaled by the auto-scaler;
 * - `daemon`: one replica on every matching node;
 * - `job`: runs to completion.
 */
export type WorkloadKind = "service" | "stateful" | "daemon" | "job";

/** How a probe asks. `port` is a name from {@link Workload.ports}. */
export type ProbeAction =
  { http: { port: string; path: string; scheme?: "http" | "https" } } | { tcp: { port: string } } | { exec: string[] };

/** When a probe asks. All in seconds but `retries`. */
export interface ProbeTiming {
  /** Seconds between two checks. @default 30 */
  interval?: number;
  /** Seconds after which a check without an answer has failed. @default 10 */
  timeout?: number;
  /** Failed checks in a row that make the replica unhealthy. @default 3 */
  retries?: number;
  /** Seconds after the start during which failures do not count. @default 60 */
  startPeriod?: number;
}

/** One health question with its timing. */
export type Probe = ProbeAction & ProbeTiming;

/**
 * Health of a replica. `live` restarts it and must not depend on another service; `ready` only takes it out of the
 * balancer (on Swarm, which has no readiness, the replica itself answers 503 while not ready); `startup` replaces
 * `live` until it first succeeds (Kubernetes; Swarm uses `startPeriod`).
 */
export interface Health {
  live: Probe;
  ready?: Probe;
  startup?: Probe;
}

/** CPU and memory of one replica. */
export interface ResourceAmounts {
  /** @example "500m" */
  cpu: CpuQuantity;
  /** @example "256Mi" */
  memory: ByteQuantity;
}

/** Limits (never more) and reservations (always there; what percent targets refer to). */
export interface Resources {
  limits: ResourceAmounts & {
    /** Largest number of processes and threads. Only platforms that can set it per container accept it. */
    pids?: number;
  };
  reservations: ResourceAmounts;
}

/** A fixed number of replicas. */
export interface FixedScale {
  replicas: number;
}

/** Bounds and targets for an auto-scaler. `cpu` and `memory` are percent of the reservation, on every platform. */
export interface AutoScale {
  min: number;
  max: number;
  /** Target CPU, percent of the reservation. @example 70 */
  cpu?: number;
  /** Target memory, percent of the reservation. @example 80 */
  memory?: number;
  /** Target requests per second of one replica. */
  requestsPerSecond?: number;
  /** Latency to keep below: `seconds` at `quantile` (0 to 1). */
  latency?: { quantile: number; seconds: number };
  /** Target jobs waiting per replica. */
  queue?: number;
}

/** How a changed specification reaches the running replicas. */
export interface Update {
  /**
   * `start-first`: the new replica serves before the old one goes.
   * @default "start-first"; "stop-first" for `stateful`, and on Swarm for whoever publishes a port, which has one owner there
   */
  order?: "start-first" | "stop-first";
  /** Replicas changed at once. @default 1 */
  parallelism?: number;
  /** Seconds between two batches; on Kubernetes the seconds a new replica has to stay ready before it counts. @default 0 */
  delay?: number;
  /** Seconds a new replica is watched for failure; at least retries·(interval+timeout) + 5 of `health.live`. @default that minimum */
  monitor?: number;
  /** What a failed update does. Kubernetes has no rollback of its own: there the update stops and the old replicas serve on. @default "rollback" */
  failure?: "rollback" | "pause" | "continue";
}

/** How a replica leaves. */
export interface Stop {
  /** Seconds from SIGTERM to SIGKILL. @default drain + 25 */
  grace?: number;
  /** Seconds the process keeps serving after SIGTERM, so that every balancer has forgotten it; 0: closes at once. @default 0 */
  drain?: number;
  /** Signal that asks the process to stop. Kubernetes sends the image's own STOPSIGNAL, which therefore has to be the same. @default "SIGTERM" */
  signal?: string;
}

/** A configuration file. `reload`: the running process takes the new version itself; `roll`: replicas are replaced. */
export interface ConfigFile {
  content: pulumi.Input<string>;
  /** @default "roll" */
  onChange?: "roll" | "reload";
}

/** A storage volume. Kept when the workload is deleted unless `retain` is false. */
export interface Volume {
  /** Name within the workload. */
  name: string;
  /** Absolute path in the container. */
  path: string;
  /** Size asked for, where the platform provisions volumes. @default "10Gi" */
  size?: ByteQuantity;
  /** Whether the data outlives the workload. @default true */
  retain?: boolean;
}

/** A writable directory. It is memory, and counts as the container's. */
export interface WritableDirectory {
  /** Absolute path; may lie in another one. */
  path: string;
  /** What fits in. @default "64Mi" */
  size?: ByteQuantity;
}

/** What the container's process may do. Defaults are the strictest that work: see each field. */
export interface Security {
  /** Numeric user and group of the process; both above 0. */
  user: { uid: number; gid: number };
  /** Further groups of the process, e.g. the one that owns a socket of the host. @default [] */
  groups?: number[];
  /** Mount the image read-only. @default true */
  readOnlyRoot?: boolean;
  /** Absolute paths that get a memory-backed writable directory, of 64 MiB where no size is given. @default [] */
  writable?: (string | WritableDirectory)[];
  /** Linux capabilities added after all are dropped. @default [] */
  capabilities?: string[];
}

/** Where replicas may run. */
export interface Placement {
  /** Node labels that have to match, e.g. `{ type: "app" }`. */
  labels?: Record<string, string>;
  /** Node label over whose values replicas are spread. @example "zone" */
  spread?: string;
}

/** A port the process listens on. */
export interface Port {
  /** Name other fields use. @example "http" */
  name: string;
  /** Port in the container, 1 to 65535. */
  container: number;
  /** @default "tcp" */
  protocol?: "tcp" | "udp";
  /** Makes the port reachable from outside the platform, on the nodes themselves. */
  publish?: { port: number };
}

/** Something the workload asks of the platform's own API. Nothing unless said. */
export interface Permission {
  /** Resources in the platform's terms, e.g. `"pods"`. */
  resources: string[];
  /** Verbs, e.g. `"get"`, `"list"`, `"watch"`. */
  verbs: ("get" | "list" | "watch" | "create" | "update" | "patch" | "delete")[];
  /** API group. @default "" (core) */
  group?: string;
}

/** Addresses beyond the platform that a workload may reach. */
export interface Outside {
  /** Address range. @default every address that is not the cluster's own or private @example "203.0.113.0/24" */
  cidr?: string;
  /** TCP ports. @default every port */
  ports?: number[];
}

/**
 * Who stays when a machine is short: what lacks room pushes out lower priorities. Data stores are `high`, monitoring is `low`.
 * Platforms without priorities have nothing to decide by it.
 */
export type Priority = "high" | "normal" | "low";

/**
 * A workload by name, before it runs: its DNS name and ports. References may be cyclic, because declaring creates nothing.
 */
export interface Ref {
  /** Name within the platform, e.g. `backend`. */
  readonly name: string;
  /** Name people and DNS see, e.g. `testbro-backend`. */
  readonly fullName: string;
  /** DNS name whose A records are every running replica. */
  readonly host: string;
  /** Port numbers by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Group of workloads that may reach each other (a network on Swarm), e.g. `edge`. */
  readonly segment: string;
}

/** A secret the platform holds; reaches a workload only as a file. */
export interface Secret {
  readonly name: string;
}

/** One service described once; a platform turns it into its own resources. */
export interface Workload {
  kind: WorkloadKind;
  image: pulumi.Input<string>;
  /** Replaces the image's entry point. */
  command?: pulumi.Input<string>[];
  /** Arguments of the entry point. */
  args?: pulumi.Input<string>[];
  /** Environment. Never secrets: use `secrets`. */
  env?: Record<string, pulumi.Input<string>>;
  /** Secret files by absolute path. */
  secrets?: Record<string, Secret>;
  /** Configuration files by absolute path. */
  files?: Record<string, ConfigFile>;
  ports?: Port[];
  /** Where the process serves Prometheus metrics, and who reads them. `port` is a name from `ports`. */
  metrics?: { port: string; path?: string; scraper?: Ref };
  health: Health;
  resources: Resources;
  scale: FixedScale | AutoScale;
  placement?: Placement;
  /** @default "normal" */
  priority?: Priority;
  update?: Update;
  stop?: Stop;
  security: Security;
  /** What its account may do. An empty list: nothing by this, yet it may ask, with rights that are bound to the account elsewhere. @default may not even ask */
  access?: Permission[];
  volumes?: Volume[];
  /**
   * Sockets of the host: absolute path in the container → absolute path on the node. Whoever has the engine's socket is root on the
   * node, so only a gate gets one, whose own interface lets next to nothing through.
   */
  hostSockets?: Record<string, string>;
  /**
   * Sees its node in order to measure it: the node's files below `/host`, to be read, and the node's network, at the node's
   * address, which arguments have as `$(NODE_ADDRESS)`. Daemons only, on a platform that is made for them (`Platform.nodes`).
   * @default false
   */
  observesNode?: boolean;
  /** Whom it talks to, on the ports each reference has; nothing else is reachable where the platform can enforce it. */
  connects?: Ref[];
  /** What it reaches beyond the platform. Swarm cannot tell addresses apart: there all of an open segment, or nothing. @default nothing */
  outside?: Outside[];
  /** Whose metrics it reads; those name it as their `metrics.scraper`. */
  scrapes?: Ref[];
  /** Ports of the nodes themselves at which it reads metrics; its account may read what the nodes' agents measure, and nothing else by this. @default none */
  scrapesNodes?: number[];
  /** Labels of the service as a whole, by which others find it on a Swarm. Never secrets. @default {} */
  labels?: Record<string, string>;
  /**
   * Policies it knowingly does not keep to: rule to reason, perhaps with a last day (`"…; expires=2027-01-31"`). Covers
   * everything the platform makes of the workload. @default {}
   */
  policyExemptions?: Record<string, string>;
}

/** A reference with some of its ports only: what a workload that `connects` to it needs. */
export function onlyPorts(ref: Ref, names: readonly string[]): Ref {
  return { ...ref, ports: Object.fromEntries(Object.entries(ref.ports).filter(([name]) => names.includes(name))) };
}

/** Whether the scale is given as bounds for an auto-scaler. */
export function isAutoScale(scale: FixedScale | AutoScale): scale is AutoScale {
  return "min" in scale || "max" in scale;
}
