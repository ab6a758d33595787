/** What a signal measures, and so how a count follows from it. */
export type SignalKind = "cpu" | "memory" | "rate" | "queue" | "latency" | "query";

/** A signal a service is scaled on. */
export interface SignalPolicy {
  /** Unique within the service; what reasons call it. */
  readonly name: string;
  readonly kind: SignalKind;
  /**
   * What should be: percent of the reservation (cpu, memory; of the limit where nothing is reserved), requests per second per replica (rate), items
   * per replica (queue), seconds (latency), the query's own unit per replica (query).
   */
  readonly target: number;
  /** rate and queue: what one replica serves at most. @default target / 0.7 */
  readonly capacity?: number;
}

/** So many replicas, or percent of those there are, in a period. */
export interface RatePolicy {
  readonly replicas?: number;
  readonly percent?: number;
  /** Seconds. */
  readonly period: number;
}

/** Everything `decide()` needs to know about a service. Durations in seconds. */
export interface ServicePolicy {
  readonly min: number;
  readonly max: number;
  readonly signals: readonly SignalPolicy[];
  /** Between two evaluations of CPU, memory, latency and queries. @default 60, CHECK_INTERVAL */
  readonly checkInterval: number;
  /** Between two evaluations of request rates and queues. @default 5, FAST_INTERVAL */
  readonly fastInterval: number;
  /** After a growth, before CPU, memory or latency may grow again. @default 300, SCALE_UP_COOLDOWN */
  readonly upCooldown: number;
  /** After any change, before CPU, memory or latency may shrink. @default 600, SCALE_DOWN_COOLDOWN */
  readonly downCooldown: number;
  /** How long the highest need is remembered before shrinking. @default 300, as Kubernetes */
  readonly stabilization: number;
  /** Deviation from a CPU, memory or latency target that is ignored. @default 0.1, as Kubernetes */
  readonly tolerance: number;
  /** From a decision until a new replica serves. @default 20 */
  readonly startUp: number;
  /** At most this much growth, the most generous of the list counts. @default no limit */
  readonly growth: readonly RatePolicy[];
  /** At most this much shrinking, the strictest of the list counts. @default no limit */
  readonly shrinking: readonly RatePolicy[];
  /** Emergency override by name: growth is allowed while a rollout runs, at the price of Swarm's rollback. @default false */
  readonly growDuringRollout: boolean;
}

/** The shipped defaults; `simulate` and the daemon share them. Source of the paces and limits: the product's requirements. */
export const DEFAULTS: Omit<ServicePolicy, "signals"> = {
  min: 2,
  max: 10,
  checkInterval: 60,
  fastInterval: 5,
  upCooldown: 300,
  downCooldown: 600,
  stabilization: 300,
  tolerance: 0.1,
  startUp: 20,
  growth: [],
  shrinking: [],
  growDuringRollout: false,
};

/** Default targets, percent. */
export const DEFAULT_TARGETS = { cpu: 70, memory: 80 } as const;

/** Whether a signal is a load that adds up over replicas and so is planned by `planDemand`. */
export function isDemand(kind: SignalKind): boolean {
  return kind === "rate" || kind === "queue";
}
