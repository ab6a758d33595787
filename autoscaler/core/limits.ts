import { type Change } from "./memory";
import { type RatePolicy, type ServicePolicy } from "./policy";

/** As many turns within an hour are flapping: one a minute, when a new replica takes a third of that to start. */
const FLAPPING_TURNS = 60;
const FLAPPING_WINDOW_SECONDS = 3600;
/** Then the count does not shrink for half an hour; it may always grow. */
const STEADY_SECONDS = 1800;

/** Until when shrinking is off because of flapping. */
export function noteFlapping(changes: readonly Change[], time: number, steadyUntil: number): number {
  if (steadyUntil > time) return steadyUntil;
  const recent = changes.filter((change) => change.time > time - FLAPPING_WINDOW_SECONDS);
  let turns = 0;
  for (let index = 1; index < recent.length; index++) {
    const [a, b] = [recent[index - 1] as Change, recent[index] as Change];
    if (a.to > a.from !== b.to > b.from) turns++;
  }
  const last = recent[recent.length - 1];
  return turns >= FLAPPING_TURNS && last !== undefined && last.time === time ? time + STEADY_SECONDS : steadyUntil;
}

/** The count nearest to `wanted` that the service's rate policies allow now. */
export function limitByRate(
  changes: readonly Change[],
  time: number,
  desired: number,
  wanted: number,
  policy: Pick<ServicePolicy, "growth" | "shrinking">,
): number {
  const growing = wanted > desired;
  const rules = growing ? policy.growth : policy.shrinking;
  if (rules.length === 0) return wanted;
  const limits = rules.map((rule) => limitOf(rule, changes, time, desired, growing));
  const limit = Math.max(...limits);
  return growing ? Math.max(desired, Math.min(wanted, limit)) : Math.min(desired, Math.max(wanted, limit));
}

function limitOf(rule: RatePolicy, changes: readonly Change[], time: number, desired: number, growing: boolean): number {
  const within = changes.filter((change) => change.time > time - rule.period && change.to > change.from === growing);
  const moved = within.reduce((sum, change) => sum + Math.abs(change.to - change.from), 0);
  const base = growing ? desired - moved : desired + moved;
  const allowed = Math.max(rule.replicas ?? 0, rule.percent === undefined ? 0 : Math.ceil((base * rule.percent) / 100));
  return growing ? base + allowed : base - allowed;
}
