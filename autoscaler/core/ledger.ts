import { KUBERNETES_DEFAULTS, startBaseline, stepBaseline, type BaselineState } from "./baseline";
import { type Sample } from "./statistics";

/**
 * The planner's account of itself: Kubernetes' rule runs beside it on the same samples as a yardstick, and both are charged for the replicas
 * they hold and for the load they could not have served. Whoever is more careful than the yardstick for long pays with replicas, whoever is more
 * daring with lost requests; the planner reads both here and steers back, so that it is neither, on loads nobody tuned it for.
 */
export interface Ledger {
  readonly baseline: BaselineState;
  /** Replicas the yardstick asked for that would not serve yet, with the time they would. */
  readonly starting: readonly Sample[];
  /** Replica-seconds held above (below) the yardstick's, and the yardstick's own. */
  readonly extra: number;
  readonly held: number;
  /** Load beyond capacity, with the planner's ready replicas and with the yardstick's. */
  readonly ownOver: number;
  readonly baseOver: number;
}

/** An account that has not begun. */
export const EMPTY_LEDGER: Ledger = { baseline: startBaseline(0), starting: [], extra: 0, held: 0, ownOver: 0, baseOver: 0 };

/** Half-life of the account: a day, the rhythm most loads repeat in. */
const HALF_LIFE_SECONDS = 86_400;
/** Held more than this share above the yardstick: shrink sooner. A third of one percent leaves the rest of one percent for what is under way. */
const DEAR_SHARE = 0.003;

export interface LedgerEntry {
  readonly time: number;
  /** Seconds since the entry before; 0 after a gap. */
  readonly elapsed: number;
  readonly load: number;
  readonly desired: number;
  readonly ready: number;
  readonly target: number;
  readonly capacity: number;
  readonly min: number;
  readonly max: number;
  readonly startUp: number;
}

/** Books one sample. */
export function book(before: Ledger, entry: LedgerEntry): Ledger {
  const seed = before.baseline.desired === 0 ? startBaseline(entry.desired) : before.baseline;
  const baseline = stepBaseline(seed, entry.time, entry.load, {
    target: entry.target,
    min: entry.min,
    max: entry.max,
    ...KUBERNETES_DEFAULTS,
  });
  let starting = before.starting.filter((batch) => batch.time > entry.time);
  if (baseline.desired > seed.desired)
    starting = [...starting, { time: entry.time + entry.startUp, value: baseline.desired - seed.desired }];
  const ready = Math.max(0, baseline.desired - starting.reduce((sum, batch) => sum + batch.value, 0));
  const keep = Math.pow(0.5, entry.elapsed / HALF_LIFE_SECONDS);
  const over = (replicas: number) => Math.max(0, entry.load - replicas * entry.capacity) * entry.elapsed;
  return {
    baseline,
    starting,
    extra: before.extra * keep + (entry.desired - baseline.desired) * entry.elapsed,
    held: before.held * keep + baseline.desired * entry.elapsed,
    ownOver: before.ownOver * keep + over(entry.ready),
    baseOver: before.baseOver * keep + over(ready),
  };
}

/** More replica-hours than the yardstick. */
export function isDear(ledger: Ledger): boolean {
  return ledger.extra > DEAR_SHARE * ledger.held;
}

/** More load beyond capacity than the yardstick. */
export function isShort(ledger: Ledger): boolean {
  return ledger.ownOver > ledger.baseOver;
}
