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
const TURNS = 720;
/** Up to so many services every turn is a point; of more services, fewer turns are. */
const FINE_SERVICES = 100;

/** The last points of a service, as plain numbers: 20 bytes a point. */
class Ring {
  private readonly times: Float64Array;
  /** NaN where there is no data. */
  private readonly loads: Float32Array;
  private readonly counts: Uint16Array;
  private added = 0;
  signal: string | undefined;

  constructor(private readonly size: number) {
    this.times = new Float64Array(size);
    this.loads = new Float32Array(size);
    this.counts = new Uint16Array(4 * size);
  }

  /** With another number of points in the hour, what is there is kept as far as it fits. */
  resized(size: number): Ring {
    if (size === this.size) return this;
    const ring = new Ring(size);
    for (const point of this.points().slice(-size)) ring.add(point);
    return ring;
  }

  add(point: CoursePoint): void {
    const at = this.added++ % this.size;
    this.times[at] = point.time;
    this.loads[at] = point.load ?? NaN;
    this.counts.set([point.desired, point.ready, point.min, point.max], 4 * at);
    this.signal = point.signal;
  }

  points(): CoursePoint[] {
    const length = Math.min(this.added, this.size);
    return Array.from({ length }, (_, index) => this.point((this.added - length + index) % this.size));
  }

  private point(at: number): CoursePoint {
    const [desired = 0, ready = 0, min = 0, max = 0] = this.counts.subarray(4 * at, 4 * at + 4);
    const load = this.loads[at] as number;
    return {
      time: this.times[at] as number,
      desired,
      ready,
      min,
      max,
      ...(this.signal === undefined ? {} : { signal: this.signal }),
      ...(Number.isNaN(load) ? {} : { load }),
    };
  }
}

/** What every service has been through lately. In memory only: what has to survive a restart is in the state, the rest in Prometheus. */
export class Course {
  private readonly rings = new Map<string, Ring>();
  private turns = -1;
  private stride = 1;

  add(service: ManagedService, policy: ServicePolicy, decision: Decision): void {
    if (this.turns % this.stride !== 0) return;
    const demand = (vote: { readonly signal: string }) =>
      policy.signals.some((signal) => signal.name === vote.signal && isDemand(signal.kind));
    // What people ask is how much is asked of the service; CPU only where nobody counts requests.
    const shown = decision.votes.find(demand) ?? decision.votes[0];
    const size = Math.ceil(TURNS / this.stride);
    const ring = this.rings.get(service.name)?.resized(size) ?? new Ring(size);
    ring.add({
      time: decision.time,
      desired: service.desired,
      ready: service.ready,
      min: policy.min,
      max: policy.max,
      ...(shown === undefined ? {} : { signal: shown.signal }),
      ...(shown?.value === undefined ? {} : { load: shown.value }),
    });
    this.rings.set(service.name, ring);
  }

  /** Oldest first. Counts to 65,535, loads to seven digits. */
  of(service: string): readonly CoursePoint[] {
    return this.rings.get(service)?.points() ?? [];
  }

  /** A turn begins: forgets services that are gone. */
  keep(services: ReadonlySet<string>): void {
    this.turns++;
    this.stride = Math.max(1, Math.ceil(services.size / FINE_SERVICES));
    for (const name of this.rings.keys()) if (!services.has(name)) this.rings.delete(name);
  }
}
