/** What a signal said. No data is a reading without a value and with the reason. */
export interface Reading {
  /** Name of the signal in the policy. */
  readonly signal: string;
  /** rate and queue: the total over all replicas; cpu and memory: mean percent of those that report; latency: seconds; query: mean per replica. */
  readonly value?: number;
  /** Seconds ago that it was measured. @default 0 */
  readonly age?: number;
  /** cpu and memory: ready replicas the mean is of. */
  readonly reporting?: number;
  /** Why there is no value, for people. */
  readonly problem?: string;
}

/** States in which a rollout owns the service: scaling in them makes Swarm forget the spec it would roll back to. */
export const HOLDING_STATES = ["updating", "paused", "rollback_started", "rollback_paused"] as const;

/** A service as it is now. */
export interface Observation {
  /** Seconds since 1970. */
  readonly time: number;
  /** Replicas asked for and replicas that serve. */
  readonly desired: number;
  readonly ready: number;
  readonly readings: readonly Reading[];
  /** Swarm's UpdateStatus.State, if any. */
  readonly rollout?: string;
  /** Changes when a deploy changes what the replicas run (image, environment …). */
  readonly revision?: string;
  /** Until when scaling is paused, seconds, and by whom. */
  readonly paused?: { readonly until: number; readonly by: string };
  /** Replicas the nodes have room for; absent where nobody knows. */
  readonly placeable?: number;
}
