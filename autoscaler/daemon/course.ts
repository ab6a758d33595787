import { type Decision } from "../core/decide";
import { isDemand, type ServicePolicy } from "../core/policy";
import { type ManagedService } from "../targets/target";

/** A service at one turn, as charts show it. */
export interface CoursePoint {
  /** Seconds since 1970. */
  readonly time: number;
  readonly desired: number;
  readonly ready: number;
  readonly min: number;
  readonly max: number;
  /** The signal that a chart shows, and its value; no value while it has no data. */
  readonly signal?: string;
  readonly load?: number;
}

/** An hour of turns at the shipped pace. */
const POINTS = 720;

/** What every service has been through lately. In memory only: what has to survive a restart is in the state, the rest in Prometheus. */
export class Course {
  private readonly points = new Map<string, CoursePoint[]>();

  add(service: ManagedService, policy: ServicePolicy, decision: Decision): void {
    const kinds = new Map(policy.signals.map(({ name, kind }) => [name, kind]));
    // What people ask is how much is asked of the service; CPU only where nobody counts requests.
    const shown = decision.votes.find((vote) => isDemand(kinds.get(vote.signal) ?? "query")) ?? decision.votes[0];
    const points = this.points.get(service.name) ?? [];
    points.push({
      time: decision.time,
      desired: service.desired,
      ready: service.ready,
      min: policy.min,
      max: policy.max,
      ...(shown === undefined ? {} : { signal: shown.signal }),
      ...(shown?.value === undefined ? {} : { load: shown.value }),
    });
    if (points.length > POINTS) points.shift();
    this.points.set(service.name, points);
  }

  of(service: string): readonly CoursePoint[] {
    return this.points.get(service) ?? [];
  }

  /** Forgets services that are gone. */
  keep(services: ReadonlySet<string>): void {
    for (const name of this.points.keys()) if (!services.has(name)) this.points.delete(name);
  }
}
