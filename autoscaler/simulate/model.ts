import { poisson, seededRandom } from "./random";
import { TICK_SECONDS, type Replay } from "./trace";

/** Requests per second one replica serves. */
export const REPLICA_CAPACITY = 100;
/** Part of a replica's capacity every algorithm aims at. */
export const TARGET_UTILIZATION = 0.7;
/** Seconds from the decision until a new replica serves. */
export const START_UP_SECONDS = 20;
export const MIN_REPLICAS = 2;
export const MAX_REPLICAS = 60;
export const START_REPLICAS = 2;

/** What an algorithm may know at a tick: what a real one would. */
export interface View {
  /** Seconds of this tick. */
  readonly time: number;
  /** Load measured, requests per second over all replicas; undefined where there is no data. */
  readonly load: number | undefined;
  /** Seconds ago that load and utilisation were measured; a real source stamps its samples. */
  readonly age: number;
  /** Mean utilisation of the ready replicas, 0 to 1; undefined where there is no data. */
  readonly utilization: number | undefined;
  /** Replicas that serve. */
  readonly ready: number;
  /** Replicas asked for: ready ones and those that still start. */
  readonly desired: number;
}

/** What an algorithm is told before the first tick. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  /** Requests per second a replica should get: 70 % of its capacity. */
  readonly targetRate: number;
  /** Part of a replica's capacity that should be used. */
  readonly targetUtilization: number;
}

/** A scaling algorithm under test; keeps its own state and evaluation interval, and is asked at every tick. */
export interface Algorithm {
  readonly name: string;
  /** The count it wants from now on; the current `desired` to leave it. */
  step(view: View): number;
}

export interface ModelOptions {
  /** Draws each tick's requests from a Poisson distribution with this seed. */
  readonly noise?: number;
  /** Delays what the algorithm sees by this many seconds. @default 0 */
  readonly lag?: number;
  /** Requests per second one replica serves. @default 100 */
  readonly capacity?: number;
}

/** Every tick of a run, for drawing. */
export interface Course {
  readonly load: Float64Array;
  readonly ready: Uint16Array;
  readonly desired: Uint16Array;
}

/** Totals of a run. */
export interface Totals {
  /** 100 · Σ max(0, load − ready · capacity) / Σ load. */
  readonly overCapacityPercent: number;
  /** Percent of ticks with load above the ready capacity. */
  readonly saturatedPercent: number;
  /** Mean of the desired count. */
  readonly meanReplicas: number;
  /** Mean of max(min, ceil(load / target)), never above the maximum. */
  readonly oracleMeanReplicas: number;
  /** Changes of the desired count. */
  readonly actions: number;
  /** Changes in the other direction than the one before. */
  readonly reversals: number;
  /** Highest desired count. */
  readonly peakReplicas: number;
}

/** The bounds every algorithm is given. */
export function bounds(capacity: number = REPLICA_CAPACITY): Bounds {
  return { min: MIN_REPLICAS, max: MAX_REPLICAS, targetRate: capacity * TARGET_UTILIZATION, targetUtilization: TARGET_UTILIZATION };
}

/** Replays a trace through an algorithm. */
export function run(trace: Replay, algorithm: Algorithm, options: ModelOptions = {}): { totals: Totals; course: Course } {
  const capacity = options.capacity ?? REPLICA_CAPACITY;
  const lagTicks = Math.round((options.lag ?? 0) / TICK_SECONDS);
  const load = options.noise === undefined ? trace.load : withNoise(trace.load, options.noise);
  const ticks = load.length;
  const utilization = new Float64Array(ticks);
  const course: Course = { load, ready: new Uint16Array(ticks), desired: new Uint16Array(ticks) };
  const sums = { load: 0, over: 0, saturated: 0, desired: 0, oracle: 0, actions: 0, reversals: 0, peak: START_REPLICAS };
  const target = capacity * TARGET_UTILIZATION;
  let ready = START_REPLICAS;
  let desired = START_REPLICAS;
  let direction = 0;
  let pending: { at: number; count: number }[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    const time = trace.start + tick * TICK_SECONDS;
    const now = load[tick] as number;
    for (const batch of pending) if (batch.at <= tick) ready += batch.count;
    pending = pending.filter((batch) => batch.at > tick);
    utilization[tick] = ready > 0 ? Math.min(1, now / (ready * capacity)) : 1;

    const seen = tick - lagTicks;
    const known = seen >= 0 && trace.missing[seen] === 0;
    const answer = algorithm.step({
      time,
      load: known ? load[seen] : undefined,
      utilization: known ? utilization[seen] : undefined,
      age: lagTicks * TICK_SECONDS,
      ready,
      desired,
    });
    const wanted = Math.min(MAX_REPLICAS, Math.max(MIN_REPLICAS, Math.round(answer)));
    if (wanted !== desired) {
      const way = Math.sign(wanted - desired);
      sums.actions++;
      if (direction !== 0 && way !== direction) sums.reversals++;
      direction = way;
      if (way > 0) pending.push({ at: tick + START_UP_SECONDS / TICK_SECONDS, count: wanted - desired });
      else {
        let surplus = desired - wanted;
        while (surplus > 0 && pending.length > 0) {
          const newest = pending[pending.length - 1] as { at: number; count: number };
          const cut = Math.min(surplus, newest.count);
          newest.count -= cut;
          surplus -= cut;
          if (newest.count === 0) pending.pop();
        }
        ready -= surplus;
      }
      desired = wanted;
    }
    course.ready[tick] = ready;
    course.desired[tick] = desired;
    sums.load += now;
    sums.over += Math.max(0, now - ready * capacity);
    if (now > ready * capacity) sums.saturated++;
    sums.desired += desired;
    sums.oracle += Math.max(MIN_REPLICAS, Math.ceil(now / target - 1e-9));
    sums.peak = Math.max(sums.peak, desired);
  }
  const totals: Totals = {
    overCapacityPercent: sums.load > 0 ? (100 * sums.over) / sums.load : 0,
    saturatedPercent: (100 * sums.saturated) / ticks,
    meanReplicas: sums.desired / ticks,
    oracleMeanReplicas: sums.oracle / ticks,
    actions: sums.actions,
    reversals: sums.reversals,
    peakReplicas: sums.peak,
  };
  return { totals, course };
}

function withNoise(load: Float64Array, seed: number): Float64Array {
  const random = seededRandom(seed);
  return load.map((rate) => poisson(rate * TICK_SECONDS, random) / TICK_SECONDS);
}
