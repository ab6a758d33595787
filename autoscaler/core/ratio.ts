import { type Reading } from "./observation";
import { type SignalPolicy } from "./policy";

/** A count that follows from a ratio, and why. */
export interface RatioVote {
  readonly count: number;
  readonly rule: "target" | "tolerance";
  readonly reason: string;
}

/**
 * CPU, memory, latency and queries as the Kubernetes HPA treats them: `ceil(replicas · value / target)`, nothing within the tolerance. Replicas
 * that do not report count against the direction: as idle when the ratio asks for growth, as exactly on target when it asks for shrinking; if that
 * turns the direction round or brings it within the tolerance, the count stays.
 * Source: kubernetes.io, "Horizontal Pod Autoscaling", algorithm details.
 */
export function voteByRatio(
  signal: SignalPolicy,
  reading: Reading & { readonly value: number },
  desired: number,
  ready: number,
  tolerance: number,
): RatioVote {
  const perReplica = signal.kind === "cpu" || signal.kind === "memory";
  const reporting = perReplica ? Math.max(0, Math.min(reading.reporting ?? ready, desired)) : desired;
  const ratio = reading.value / signal.target;
  const measured = `${signal.name} at ${round(reading.value)} for a target of ${round(signal.target)}`;
  const stay = (why: string): RatioVote => ({ count: desired, rule: "tolerance", reason: `${measured}: ${why}` });
  if (Math.abs(ratio - 1) <= tolerance) return stay(`within ${Math.round(tolerance * 100)} % of it`);
  const missing = Math.max(0, desired - reporting);
  const corrected = desired === 0 ? ratio : (ratio * reporting + (ratio > 1 ? 0 : missing)) / desired;
  if (missing > 0 && (Math.abs(corrected - 1) <= tolerance || corrected > 1 !== ratio > 1)) {
    return stay(`${missing} of ${desired} replicas do not report, and counted against the direction they leave nothing to do`);
  }
  const count = Math.ceil(corrected * Math.max(1, desired) - 1e-9);
  return { count, rule: "target", reason: `${measured} over ${reporting} of ${desired} replicas: ${count} would meet it` };
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
