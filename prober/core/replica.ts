/** How a replica is asked, in seconds. */
export interface Rhythm {
  /** Between two probes of a replica that works. */
  interval: number;
  /** Failures in a row after which a replica is left out. */
  failures: number;
  /** Successes in a row after which it is given again. */
  successes: number;
  /** Between two probes of a replica that is left out: `initial`, then twice as long after each further failure, up to `max`. */
  backoff: { initial: number; max: number };
}

/** What one probe found out. */
export type Finding = { ok: true } | { ok: false; reason: string };

/**
 * - `unproven`: new, and no probe has succeeded yet;
 * - `in`: nginx is told of it;
 * - `out`: it failed too often.
 */
export type Standing = "unproven" | "in" | "out";

/** What is known of a replica. Times are seconds of one clock. */
export interface Replica {
  standing: Standing;
  /** Findings in a row that speak against its standing. */
  streak: number;
  /** Seconds of the present backoff, before jitter; 0 while it is not left out. */
  backoff: number;
  /** When it is to be asked next. */
  due: number;
  /** Since when it stands as it does. */
  since: number;
  /** Why the last probe failed; empty after a success. */
  reason: string;
}

/** Seconds after which a failure is checked again, so that what is dead leaves soon: one lost packet must not decide. */
const CONFIRM_SECONDS = 0.25;

/** A backoff is shortened by up to this share, so that several balancers do not ask a recovering replica all at once. */
const JITTER = 0.1;

/** A replica that has just appeared in DNS; it is asked at once. */
export function newcomer(now: number): Replica {
  return { standing: "unproven", streak: 0, backoff: 0, due: now, since: now, reason: "" };
}

function succeeded(replica: Replica, rhythm: Rhythm, now: number): Replica {
  const asked = { ...replica, reason: "", due: now + rhythm.interval };
  if (replica.standing === "in") return { ...asked, streak: 0 };
  const streak = replica.standing === "out" ? replica.streak + 1 : rhythm.successes;
  if (streak < rhythm.successes) return { ...asked, streak };
  return { ...asked, standing: "in", streak: 0, backoff: 0, since: now };
}

/** @param random 0 (inclusive) to 1 */
function failed(replica: Replica, reason: string, rhythm: Rhythm, now: number, random: number): Replica {
  const { initial, max } = rhythm.backoff;
  const left = (backoff: number) => ({ backoff, due: now + backoff * (1 - JITTER * random), streak: 0, reason });
  if (replica.standing === "out") return { ...replica, ...left(Math.min(replica.backoff * 2, max)) };
  const streak = replica.streak + 1;
  if (streak < rhythm.failures) return { ...replica, streak, reason, due: now + Math.min(CONFIRM_SECONDS, rhythm.interval) };
  return { ...replica, ...left(Math.min(initial, max)), standing: "out", since: now };
}

/**
 * The replica after a probe. Pure.
 * @param random 0 (inclusive) to 1 (exclusive), for the jitter
 */
export function judge(replica: Replica, finding: Finding, rhythm: Rhythm, now: number, random: number): Replica {
  return finding.ok ? succeeded(replica, rhythm, now) : failed(replica, finding.reason, rhythm, now, random);
}
