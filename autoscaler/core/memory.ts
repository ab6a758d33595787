import { EMPTY_DEMAND, shiftDemand, type DemandState } from "./demand";
import { type Sample } from "./statistics";

/** A change that was decided. */
export interface Change {
  readonly time: number;
  readonly from: number;
  readonly to: number;
}

/** What `decide()` remembers of a service. JSON: it is written before a change is carried out, so that a restart neither forgets nor repeats one. */
export interface Memory {
  /** Time of the last decision; 0 before the first. */
  readonly time: number;
  /** The count last decided or accepted; 0 before the first. */
  readonly wanted: number;
  readonly revision?: string;
  /** A rollout has been seen since the count was last confirmed. */
  readonly rolledOut: boolean;
  readonly changes: readonly Change[];
  readonly grownAt: number;
  readonly shrunkAt: number;
  /** Flapping: not below the count until then. */
  readonly steadyUntil: number;
  readonly demand: Readonly<Record<string, DemandState>>;
  /** The last vote of the slower signals, and the needs within their stabilisation window. */
  readonly votes: Readonly<
    Record<
      string,
      { readonly time: number; readonly count: number; readonly rule: string; readonly reason: string; readonly needs: readonly Sample[] }
    >
  >;
}

/** Nothing remembered. */
export const EMPTY_MEMORY: Memory = {
  time: 0,
  wanted: 0,
  rolledOut: false,
  changes: [],
  grownAt: -1e12,
  shrunkAt: -1e12,
  steadyUntil: -1e12,
  demand: {},
  votes: {},
};

/** The state of a demand signal, empty if new. */
export function demandOf(memory: Memory, signal: string): DemandState {
  return memory.demand[signal] ?? EMPTY_DEMAND;
}

/** Everything remembered, moved in time: after the clock was set back, cooldowns and windows keep their length. */
export function shiftMemory(memory: Memory, seconds: number): Memory {
  return {
    ...memory,
    time: memory.time + seconds,
    grownAt: memory.grownAt + seconds,
    shrunkAt: memory.shrunkAt + seconds,
    steadyUntil: memory.steadyUntil + seconds,
    changes: memory.changes.map((change) => ({ ...change, time: change.time + seconds })),
    demand: Object.fromEntries(Object.entries(memory.demand).map(([name, state]) => [name, shiftDemand(state, seconds)])),
    votes: Object.fromEntries(
      Object.entries(memory.votes).map(([name, vote]) => [
        name,
        { ...vote, time: vote.time + seconds, needs: vote.needs.map((need) => ({ ...need, time: need.time + seconds })) },
      ]),
    ),
  };
}
