import { book, EMPTY_LEDGER, isDear, isShort, type Ledger } from "./ledger";
import { confirmedValue, levelOf, noiseOf, rampOf, shortMean, type Sample } from "./statistics";

/**
 * The planner for load that adds up over replicas: requests per second, queued items. It sees the total, so the count needed does not depend on
 * the count there is.
 */
export interface DemandPolicy {
  /** Load one replica should get. */
  readonly target: number;
  /** Load one replica can serve. @default target / 0.7: a target is 70 % of what a replica can do */
  readonly capacity?: number;
  readonly min: number;
  readonly max: number;
  /** Seconds between two evaluations. */
  readonly interval: number;
  /** Seconds from the decision until a new replica serves. */
  readonly startUp: number;
  /** Seconds over which the highest need counts before shrinking, as Kubernetes means them. @default 300 */
  readonly stabilization?: number;
}

/** What the planner remembers of one signal. JSON, so that it survives a restart. */
export interface DemandState {
  /** Samples of the last five minutes, oldest first. */
  readonly samples: readonly Sample[];
  /** Counts needed within the stabilisation window, falling: each the highest from its time on. */
  readonly needs: readonly Sample[];
  /** Since when data has come without a gap, seconds. */
  readonly since: number;
  /** What was foreseen for times to come; compared with what came. */
  readonly foreseen: readonly Sample[];
  /** How far the load has lately gone beyond what was foreseen, as a share; halves every 20 minutes. */
  readonly surprise: number;
  /** Time of the last growth. */
  readonly grownAt: number;
  readonly ledger: Ledger;
}

/** Nothing known yet. */
export const EMPTY_DEMAND: DemandState = {
  samples: [],
  needs: [],
  since: 0,
  foreseen: [],
  surprise: 0,
  grownAt: -1e12,
  ledger: EMPTY_LEDGER,
};

/** Every constant of the planner, with its reason. */
export const DEMAND_DEFAULTS = {
  /** A target is this part of a replica's capacity (the mission's and Kubernetes' usual 70 %). */
  targetShare: 0.7,
  /** Seconds of samples kept: the longest window of the statistics. */
  keepSeconds: 300,
  /** Seconds a need is remembered before shrinking: Kubernetes' default … */
  stabilizationSeconds: 300,
  /** … less its own averaging, which a five-second rhythm does not have. */
  averagingSeconds: 15,
  /** Grow when a replica gets more than this part of its capacity: Kubernetes' tolerance of 10 % above the target where the load surprises … */
  riskyGuard: 0.77,
  /** … and up to 82 % where it has not, as growth then is foreseen or slow enough for the start-up time. */
  calmGuard: 0.82,
  /** Shrink to the count that puts replicas at the target where the load surprises … */
  riskyShrink: 0.7,
  /** … and 2 points above it where it has not; farther would halve the distance to the guard and cost reversals. */
  calmShrink: 0.72,
  /** A forecast may fill a replica to 90 %: it is for the moment the replica starts to serve, not for the long run. */
  forecastGuard: 0.9,
  /** One standard deviation of noise on top of the level: what a maximum over Kubernetes' 15 s means amounts to. */
  cushionSigmas: 1,
  /** Level plus 2.5 standard deviations stays within capacity: one five-second sample in 160 above it. */
  headroomSigmas: 2.5,
  /** Below 10 % of surprise the load counts as calm, above 25 % as risky: 77 % of capacity times 1.25 is nearly all of it. */
  calmSurprise: 0.1,
  riskySurprise: 0.25,
  /** An unknown load is taken as risky until 20 to 30 minutes have shown otherwise. */
  priorSurprise: 0.3,
  surpriseHalfLifeSeconds: 1200,
  /** A miss while replicas are less than half used hurts nobody and teaches nothing. */
  surpriseLeastUse: 0.35,
  /** New replicas stay at least three start-up times of 20 s: to drop one before it has served is waste. */
  holdSeconds: 60,
  /** Samples may be late by three intervals before the data counts as interrupted. */
  gapIntervals: 3,
} as const;

/** The planner's answer, with everything a person needs to follow it. */
export interface DemandPlan {
  readonly state: DemandState;
  readonly count: number;
  /** Which rule set the count. */
  readonly rule: "no-data" | "steady" | "level" | "noise" | "forecast" | "yardstick" | "shrink";
  /** One sentence for people. */
  readonly reason: string;
  /** Level, noise and forecast of the load, in its own unit. */
  readonly level: number;
  readonly noise: number;
  readonly forecast: number;
}

/** One sample: undefined load is no data, which never shrinks anything. */
export interface DemandSample {
  readonly time: number;
  readonly load: number | undefined;
  /** Seconds the load was measured before `time`. @default 0 */
  readonly age?: number;
  readonly desired: number;
  readonly ready: number;
}

const D = DEMAND_DEFAULTS;

/**
 * Plans a count. Deterministic: the same state, sample and policy give the same answer.
 */
export function planDemand(before: DemandState, now: DemandSample, policy: DemandPolicy): DemandPlan {
  const { time, load, desired } = now;
  const last = before.samples[before.samples.length - 1];
  if (load === undefined || !Number.isFinite(load) || (last !== undefined && time <= last.time)) {
    const known = last?.value ?? 0;
    return {
      state: before,
      count: desired,
      rule: "no-data",
      reason: "no new data: the count stays",
      level: known,
      noise: 0,
      forecast: known,
    };
  }
  const capacity = policy.capacity ?? policy.target / D.targetShare;
  const gap = last === undefined || time - last.time > D.gapIntervals * policy.interval + 1;
  const elapsed = gap || last === undefined ? 0 : time - last.time;
  // a trend across a hole in the data would be a guess
  const earlier = gap ? [] : before.samples.filter((sample) => sample.time > time - D.keepSeconds);
  const samples = [...earlier, { time, value: load }];
  const noise = noiseOf(samples);
  const newest = confirmedValue(samples, noise);
  const level = levelOf(samples, newest, noise);
  const ramp = rampOf(samples, newest, noise);
  const ahead = policy.startUp + policy.interval + (now.age ?? 0);
  const forecast = ramp.slope > 0 ? (noise > 0 ? level : newest) + ramp.slope * ahead : level;
  const cushion = D.cushionSigmas * noise;
  const demand = level + cushion;

  const surprise = surpriseOf(before, level, time, policy.interval, elapsed, demand > desired * capacity * D.surpriseLeastUse);
  const foreseen = [
    ...before.foreseen.filter((entry) => entry.time > time),
    { time: time + ahead, value: Math.max(forecast, level) + cushion },
  ];
  const calm = 1 - clamp((surprise - D.calmSurprise) / (D.riskySurprise - D.calmSurprise), 0, 1);
  const guard = D.riskyGuard + calm * (D.calmGuard - D.riskyGuard);
  const shrink = D.riskyShrink + calm * (D.calmShrink - D.riskyShrink);

  const ledger = book(before.ledger, {
    time,
    elapsed,
    load,
    desired,
    ready: now.ready,
    capacity,
    target: policy.target,
    min: policy.min,
    max: policy.max,
    startUp: policy.startUp,
  });
  const dear = isDear(ledger);
  const floor = isShort(ledger) ? ledger.baseline.desired : 0;
  const yardstick = ledger.baseline.desired;

  const held = Math.min(demand, shortMean([...samples.slice(-3, -1), { time, value: newest }]) + cushion);
  const pressing = dear ? held : demand;
  const noisy = replicas((dear ? Math.min(level, held) : level) + D.headroomSigmas * noise, capacity);
  const need = Math.max(replicas(held, shrink * capacity), replicas(Math.min(level, held) + D.headroomSigmas * noise, capacity));
  const remembered = Math.max(0, (policy.stabilization ?? D.stabilizationSeconds) - D.averagingSeconds);
  const needs = [...before.needs.filter((entry) => entry.time > time - remembered && entry.value > need), { time, value: need }];
  const highest = (needs[0] as Sample).value;
  const ahead90 = replicas(forecast, D.forecastGuard * capacity);

  let count = desired;
  let rule: DemandPlan["rule"] = "steady";
  const raise = (to: number, by: DemandPlan["rule"]) => {
    if (to > count) [count, rule] = [to, by];
  };
  if (pressing > desired * guard * capacity) raise(replicas(pressing, policy.target), "level");
  raise(noisy, "noise");
  raise(ahead90, "forecast");
  raise(floor, "yardstick");
  const since = gap ? time : before.since;
  if (count === desired && time - since >= remembered && time - before.grownAt >= (dear ? ahead : D.holdSeconds)) {
    const thrifty = dear ? Math.min(highest, Math.max(yardstick, noisy, replicas(demand, D.riskyGuard * capacity))) : highest;
    const low = Math.max(thrifty, ahead90, floor);
    if (low < desired) [count, rule] = [low, "shrink"];
  }
  count = clamp(count, policy.min, policy.max);
  const state: DemandState = { samples, needs, since, foreseen, surprise, grownAt: count > desired ? time : before.grownAt, ledger };
  const settled = count === desired ? "steady" : rule;
  return {
    state,
    count,
    rule: settled,
    reason: sentence(settled, { count, desired, level, noise, forecast, ahead, capacity, guard, need, highest, remembered }),
    level,
    noise,
    forecast,
  };
}

/** A shift of the clock by `seconds`: the whole memory moves with it, so that a jump of the clock neither ends nor extends a window. */
export function shiftDemand(state: DemandState, seconds: number): DemandState {
  const move = (list: readonly Sample[]) => list.map((entry) => ({ ...entry, time: entry.time + seconds }));
  const { baseline } = state.ledger;
  return {
    ...state,
    samples: move(state.samples),
    needs: move(state.needs),
    foreseen: move(state.foreseen),
    since: state.since + seconds,
    grownAt: state.grownAt + seconds,
    ledger: {
      ...state.ledger,
      starting: move(state.ledger.starting),
      baseline: { ...baseline, next: baseline.next === 0 ? 0 : baseline.next + seconds, recommendations: move(baseline.recommendations) },
    },
  };
}

function surpriseOf(before: DemandState, level: number, time: number, interval: number, elapsed: number, matters: boolean): number {
  const faded =
    before.samples.length === 0 && before.surprise === 0
      ? D.priorSurprise
      : before.surprise * Math.pow(0.5, elapsed / D.surpriseHalfLifeSeconds);
  const due = before.foreseen.find((entry) => Math.abs(entry.time - time) <= interval / 2);
  const miss = due !== undefined && due.value > 0 && matters ? clamp(level / due.value - 1, 0, 1) : 0;
  return Math.max(miss, faded);
}

function replicas(load: number, each: number): number {
  return Math.max(0, Math.ceil(load / each - 1e-9));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function sentence(
  rule: DemandPlan["rule"],
  v: Record<
    "count" | "desired" | "level" | "noise" | "forecast" | "ahead" | "capacity" | "guard" | "need" | "highest" | "remembered",
    number
  >,
): string {
  const amount = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
  switch (rule) {
    case "level":
      return `load ${amount(v.level)} is more than ${Math.round(v.guard * 100)} % of what ${v.desired} replicas serve (${amount(v.desired * v.capacity)})`;
    case "noise":
      return `load ${amount(v.level)} swings by ${amount(v.noise)}; ${v.count} replicas keep its peaks within capacity`;
    case "forecast":
      return `load ${amount(v.level)} rises to ${amount(v.forecast)} within the ${v.ahead.toFixed(0)} s a replica takes to start`;
    case "yardstick":
      return `more load went over capacity lately than plain target tracking would have lost: not below its ${v.count}`;
    case "shrink":
      return `load ${amount(v.level)} has needed no more than ${v.count} replicas for the whole stabilisation window`;
    default:
      return (
        `load ${amount(v.level)} fits ${v.desired} replicas` +
        (v.need < v.desired && v.highest > v.need
          ? `; ${v.need} would do, but up to ${v.highest} were needed within ${v.remembered} s`
          : "")
      );
  }
}
