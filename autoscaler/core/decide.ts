import { planDemand } from "./demand";
import { limitByRate, noteFlapping } from "./limits";
import { demandOf, shiftMemory, type Change, type Memory } from "./memory";
import { HOLDING_STATES, type Observation, type Reading } from "./observation";
import { isDemand, type ServicePolicy, type SignalPolicy } from "./policy";
import { voteByRatio } from "./ratio";

/** What one signal asks for. */
export interface Vote {
  readonly signal: string;
  readonly count: number;
  readonly rule: string;
  readonly reason: string;
  readonly value?: number;
  /** What the value is expected to be when a replica started now would serve; signals of demand only. */
  readonly forecast?: number;
}

/** Which rule had the last word. */
export type DecisionRule =
  "steady" | "signal" | "min" | "max" | "restore" | "rollout" | "paused" | "cooldown" | "rate" | "placement" | "flapping" | "no-data";

/** A decision and its whole reasoning. */
export interface Decision {
  readonly time: number;
  readonly from: number;
  readonly to: number;
  readonly rule: DecisionRule;
  /** The sentence shown to people; the steps that led to it are in `steps`. */
  readonly reason: string;
  readonly steps: readonly string[];
  readonly votes: readonly Vote[];
  /** What somebody should be told of, by a stable name: "no-data:<signal>", "flapping", "placement". */
  readonly alerts: readonly { readonly name: string; readonly text: string }[];
}

/** Seconds of changes kept for rates and flapping. */
const CHANGES_KEPT_SECONDS = 3600;
/** A growth that was remembered but not carried out (a kill, a refusing engine) is finished for this long; then it is decided anew. */
const UNFINISHED_SECONDS = 120;

/**
 * Decides the count of a service. Pure and deterministic: time comes with the observation, everything remembered goes out in the new memory.
 * Never shrinks on missing or stale data, during a rollout, while paused or outside min and max.
 */
export function decide(
  observation: Observation,
  policy: ServicePolicy,
  before: Memory,
): { readonly decision: Decision; readonly memory: Memory } {
  const { time, desired } = observation;
  const start = before.time > time ? shiftMemory(before, time - before.time) : before;
  const steps: string[] = [];
  const alerts: { name: string; text: string }[] = [];
  if (start !== before) steps.push(`the clock went back by ${(before.time - time).toFixed(0)} s: cooldowns and windows moved with it`);

  const holding = (HOLDING_STATES as readonly string[]).includes(observation.rollout ?? "");
  const redeployed = start.revision !== undefined && observation.revision !== undefined && start.revision !== observation.revision;
  const rolledOut = start.rolledOut || holding || redeployed;
  const { votes, memory: voted } = collectVotes(observation, policy, start, alerts);
  for (const vote of votes) steps.push(`${vote.signal}: ${vote.count} (${vote.reason})`);

  const finish = (to: number, rule: DecisionRule, reason: string, repeated = false) => {
    const changed = to !== desired && !repeated;
    const changes: Change[] = start.changes.filter((change) => change.time > time - CHANGES_KEPT_SECONDS);
    if (changed) changes.push({ time, from: desired, to });
    const memory: Memory = {
      ...voted,
      time,
      wanted: holding || observation.paused ? Math.max(start.wanted, to) : to,
      rolledOut: holding || (rolledOut && observation.paused !== undefined && observation.paused.until > time),
      ...(observation.revision === undefined ? {} : { revision: observation.revision }),
      changes,
      grownAt: to > desired && !repeated ? time : start.grownAt,
      shrunkAt: to < desired ? time : start.shrunkAt,
      steadyUntil: noteFlapping(changes, time, start.steadyUntil),
    };
    if (memory.steadyUntil > time && start.steadyUntil <= time)
      alerts.push({ name: "flapping", text: "the count has turned back and forth; it will not shrink for half an hour" });
    return { decision: { time, from: desired, to, rule, reason, steps, votes, alerts }, memory };
  };

  if (observation.paused !== undefined && observation.paused.until > time) {
    return finish(desired, "paused", `paused by ${observation.paused.by} for another ${(observation.paused.until - time).toFixed(0)} s`);
  }
  if (holding && !policy.growDuringRollout)
    return finish(desired, "rollout", `the service is ${observation.rollout}: a change now would defeat its rollback`);

  if (rolledOut && start.wanted > desired && start.wanted <= policy.max) {
    return finish(start.wanted, "restore", `a deploy lowered the count from ${start.wanted} to ${desired}: restored`);
  }
  const unfinished = start.changes[start.changes.length - 1];
  if (
    unfinished !== undefined &&
    unfinished.to > desired &&
    unfinished.from === desired &&
    start.wanted === unfinished.to &&
    time - unfinished.time <= UNFINISHED_SECONDS
  ) {
    return finish(
      Math.min(unfinished.to, policy.max),
      "restore",
      `the change from ${desired} to ${unfinished.to} was decided but not carried out: finished`,
      true,
    );
  }
  if (desired < policy.min) return finish(policy.min, "min", `${desired} replicas are fewer than the minimum of ${policy.min}`);
  if (desired > policy.max && !holding) return finish(policy.max, "max", `${desired} replicas are more than the maximum of ${policy.max}`);

  const silent = votes.filter((vote) => vote.rule === "no-data");
  if (votes.length === 0) return finish(desired, "no-data", "no signal is configured: nothing to decide on");
  const winner = votes.reduce((best, vote) => (vote.count > best.count ? vote : best));
  let wanted = Math.min(policy.max, Math.max(policy.min, winner.count));
  if (wanted <= desired && silent.length > 0) {
    return finish(desired, "no-data", `${silent.map((vote) => vote.signal).join(", ")} without data: no data is never low load`);
  }
  if (wanted === desired) return finish(desired, "steady", winner.reason);

  const paced = policy.signals.filter((signal) => !isDemand(signal.kind));
  const fast = policy.signals.some((signal) => signal.name === winner.signal && isDemand(signal.kind));
  if (wanted > desired) {
    const rest = start.grownAt + policy.upCooldown - time;
    if (!fast && rest > 0)
      return finish(desired, "cooldown", `${winner.reason}; ${rest.toFixed(0)} s of the cooldown after growing are left`);
    const limited = limitByRate(start.changes, time, desired, wanted, policy);
    if (limited !== wanted) steps.push(`growth limited from ${wanted} to ${limited} by the rate policy`);
    if (limited === desired) return finish(desired, "rate", `${winner.reason}; the rate policy allows no growth yet`);
    wanted = limited;
    if (observation.placeable !== undefined && wanted > observation.placeable) {
      const room = Math.max(desired, observation.placeable);
      alerts.push({ name: "placement", text: `${wanted} replicas are needed, the nodes have room for ${observation.placeable}` });
      return finish(room, "placement", `${winner.reason}; the nodes have room for ${observation.placeable} replicas only`);
    }
    return finish(wanted, "signal", winner.reason);
  }
  if (holding) return finish(desired, "rollout", `the service is ${observation.rollout}: the emergency override only grows`);
  if (start.steadyUntil > time)
    return finish(desired, "flapping", `the count has turned back and forth: no shrinking for ${(start.steadyUntil - time).toFixed(0)} s`);
  const rest = Math.max(start.grownAt, start.shrunkAt) + policy.downCooldown - time;
  if (paced.length > 0 && rest > 0)
    return finish(desired, "cooldown", `${winner.reason}; ${rest.toFixed(0)} s of the cooldown before shrinking are left`);
  const limited = limitByRate(start.changes, time, desired, wanted, policy);
  if (limited === desired) return finish(desired, "rate", `${winner.reason}; the rate policy allows no shrinking yet`);
  return finish(limited, "signal", winner.reason);
}

function collectVotes(
  observation: Observation,
  policy: ServicePolicy,
  memory: Memory,
  alerts: { name: string; text: string }[],
): { votes: Vote[]; memory: Memory } {
  const votes: Vote[] = [];
  const demand: Record<string, Memory["demand"][string]> = {};
  const kept: Record<string, Memory["votes"][string]> = {};
  for (const signal of policy.signals) {
    const reading = observation.readings.find((entry) => entry.signal === signal.name);
    const value = reading?.value;
    const known = value !== undefined && Number.isFinite(value) && value >= 0;
    if (!known) {
      const why = reading?.problem ?? (value === undefined ? "nothing measured" : `a value of ${value} is no measurement`);
      alerts.push({ name: `no-data:${signal.name}`, text: `${signal.name}: ${why}` });
      votes.push({ signal: signal.name, count: observation.desired, rule: "no-data", reason: why });
      if (isDemand(signal.kind)) demand[signal.name] = demandOf(memory, signal.name);
      continue;
    }
    if (isDemand(signal.kind)) {
      const sample = {
        time: observation.time,
        load: value,
        age: reading?.age ?? 0,
        desired: observation.desired,
        ready: observation.ready,
      };
      const plan = planDemand(demandOf(memory, signal.name), sample, {
        target: signal.target,
        ...(signal.capacity === undefined ? {} : { capacity: signal.capacity }),
        min: policy.min,
        max: policy.max,
        interval: policy.fastInterval,
        startUp: policy.startUp,
        stabilization: policy.stabilization,
      });
      demand[signal.name] = plan.state;
      votes.push({ signal: signal.name, count: plan.count, rule: plan.rule, reason: plan.reason, value, forecast: plan.forecast });
      continue;
    }
    const vote = pacedVote(signal, { ...(reading as Reading), value }, observation, policy, memory.votes[signal.name]);
    kept[signal.name] = vote;
    votes.push({ signal: signal.name, count: vote.count, rule: vote.rule, reason: vote.reason, value });
  }
  return { votes, memory: { ...memory, demand, votes: kept } };
}

/** A slower signal: a new vote every checkInterval, and the highest of the stabilisation window before it shrinks anything. */
function pacedVote(
  signal: SignalPolicy,
  reading: Reading & { readonly value: number },
  observation: Observation,
  policy: ServicePolicy,
  last: Memory["votes"][string] | undefined,
): Memory["votes"][string] {
  const { time, desired, ready } = observation;
  if (last !== undefined && time - last.time < policy.checkInterval - policy.fastInterval / 2) {
    return { ...last, count: Math.max(last.count, desired) };
  }
  const vote = voteByRatio(signal, reading, desired, ready, policy.tolerance);
  // after a gap the window is not known, so it starts with what is there
  const gap = last === undefined || time - last.time > 3 * policy.checkInterval;
  const earlier = gap ? [{ time, value: desired }] : last.needs.filter((need) => need.time > time - policy.stabilization);
  const needs = [...earlier.filter((need) => need.value > vote.count), { time, value: vote.count }];
  const highest = (needs[0] as { value: number }).value;
  if (vote.count < desired && highest > vote.count) {
    return {
      time,
      count: Math.min(desired, highest),
      rule: "stabilization",
      reason: `${vote.reason}; up to ${highest} were needed within ${policy.stabilization} s`,
      needs,
    };
  }
  return { time, ...vote, needs };
}
