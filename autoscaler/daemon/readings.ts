import { type ServiceSettings, type Settings } from "../config/settings";
import { type Decision } from "../core/decide";
import { type Reading } from "../core/observation";
import { isDemand, type ServicePolicy } from "../core/policy";
import { type ServiceStats } from "../signals/docker-stats";
import { type QueryResult } from "../signals/prometheus";
import { type ManagedService } from "../targets/target";
import { limited } from "./limited";

/** Parts of the outside that can fail as a whole. */
export type Source = "prometheus" | "statistics";

/** Where the daemon reports what it sees and does. */
export interface Gauge {
  leader(leading: boolean): void;
  /** @param problems how many things keep the daemon from its work @param faults what kinds of them, see `FAULTS` */
  cycle(seconds: number, problems: number, faults: ReadonlySet<string>): void;
  service(service: ManagedService, policy: ServicePolicy, decision: Decision): void;
  /** Forgets services that are gone. */
  keep?(services: ReadonlySet<string>): void;
}

/** Where values come from. */
export interface Sources {
  stats(service: ManagedService): Promise<ServiceStats>;
  query(expression: string): Promise<QueryResult>;
}

/** A reading, and which source as a whole has failed to give it. */
export interface SourcedReading extends Reading {
  readonly source?: Source;
}

/** A service with the readings of all its signals. */
export interface Asked {
  readonly service: ManagedService;
  readonly own: ServiceSettings;
  readonly readings: readonly SourcedReading[];
}

/** A slow reading stays valid for two and a half of its intervals: one may fail without becoming "no data". */
export const VALID_INTERVALS = 2.5;
/** Less than a fast interval, so that an engine that hangs does not slow the services down that need none of its statistics. */
const STATS_SECONDS = 4;
/** Longer than a source's own limit: nothing may keep the loop waiting, whatever is behind it. */
const QUERY_SECONDS = 6;
/** So many containers at least are measured in a turn; of more, a share in each, so that no turn is dear. */
const MEASURED_AT_ONCE = 200;

interface Kept {
  readonly at: number;
  readonly tried: number;
  readonly reading: SourcedReading;
}

/** Asks each signal at its own pace, and keeps slow readings in between. */
export class Readings {
  private kept = new Map<string, Kept>();

  constructor(
    private readonly settings: Pick<Settings, "checkInterval" | "fastInterval">,
    private readonly sources: Sources,
    private readonly limits = { stats: STATS_SECONDS, query: QUERY_SECONDS },
  ) {}

  async collect(
    services: readonly ManagedService[],
    settingsOf: (service: ManagedService) => ServiceSettings | undefined,
    time: number,
  ): Promise<Asked[]> {
    const ours = services.flatMap((service) => {
      const own = settingsOf(service);
      return own === undefined ? [] : [{ service, own }];
    });
    const measured = this.measuredNow(ours, time);
    const asked = await Promise.all(
      ours.map(async ({ service, own }) => ({ service, own, readings: await this.readings(service, own, time, measured.has(service)) })),
    );
    const names = new Set(services.map((service) => service.name));
    for (const key of this.kept.keys()) if (!names.has(key.slice(0, key.lastIndexOf("/")))) this.kept.delete(key);
    return asked;
  }

  /** The clock was set by so many seconds. */
  shift(seconds: number): void {
    for (const [key, kept] of this.kept) this.kept.set(key, { ...kept, at: kept.at + seconds, tried: kept.tried + seconds });
  }

  /** Services whose containers are measured in this turn: those that have waited longest. */
  private measuredNow(ours: readonly { readonly service: ManagedService }[], time: number): ReadonlySet<ManagedService> {
    const { checkInterval, fastInterval } = this.settings;
    const containers = ours.reduce((sum, { service }) => sum + service.containers.length, 0);
    let left = Math.max(MEASURED_AT_ONCE, Math.ceil((containers * fastInterval) / checkInterval));
    const tried = (service: ManagedService) => this.kept.get(`${service.name}/cpu`)?.tried ?? -Infinity;
    const due = ours
      .map(({ service }) => service)
      .filter((service) => ["cpu", "memory"].some((name) => this.isDue(service.name, name, time)));
    const now = new Set<ManagedService>();
    for (const service of due.sort((a, b) => tried(a) - tried(b))) {
      if (left <= 0) break;
      left -= service.containers.length;
      now.add(service);
    }
    return now;
  }

  private async readings(service: ManagedService, own: ServiceSettings, time: number, measure: boolean): Promise<SourcedReading[]> {
    const queries = (own.queries ?? []).map(async (query) => {
      const ask = async (): Promise<SourcedReading> => {
        const result = await limited(this.sources.query(query.query), "Prometheus", this.limits.query).catch(
          (error: Error): QueryResult => ({ problem: error.message, unreachable: true }),
        );
        if (!("problem" in result)) return { signal: query.name, value: result.value, age: result.age };
        return { signal: query.name, problem: result.problem, ...(result.unreachable ? { source: "prometheus" as const } : {}) };
      };
      return isDemand(query.kind) ? ask() : this.paced(service.name, query.name, time, this.isDue(service.name, query.name, time), ask);
    });
    let stats: Promise<ServiceStats | Error> | undefined;
    const resource = (name: "cpu" | "memory") =>
      this.paced(service.name, name, time, measure && this.isDue(service.name, name, time), async () => {
        stats ??= limited(this.sources.stats(service), "the engine, asked for statistics,", this.limits.stats).catch(
          (error: Error) => error,
        );
        const result = await stats;
        if (result instanceof Error) return { signal: name, problem: result.message, source: "statistics" };
        const reporting = name === "cpu" ? result.cpuReporting : result.memoryReporting;
        const value = result[name];
        return value === undefined ? { signal: name, problem: `no container reports ${name} yet` } : { signal: name, value, reporting };
      });
    return Promise.all([resource("cpu"), resource("memory"), ...queries]);
  }

  private isDue(service: string, signal: string, time: number): boolean {
    const last = this.kept.get(`${service}/${signal}`);
    if (last === undefined) return true;
    const wait = last.reading.value === undefined ? this.settings.fastInterval : this.settings.checkInterval;
    return time - last.tried >= wait - this.settings.fastInterval / 2 || time < last.tried;
  }

  private async paced(
    service: string,
    signal: string,
    time: number,
    due: boolean,
    ask: () => Promise<SourcedReading>,
  ): Promise<SourcedReading> {
    const key = `${service}/${signal}`;
    const last = this.kept.get(key);
    const valid = last?.reading.value !== undefined && time - last.at <= VALID_INTERVALS * this.settings.checkInterval && time >= last.at;
    if (!due) {
      if (last === undefined) return { signal, problem: "not measured yet: its turn comes within a minute" };
      return last.reading.value === undefined || valid ? aged(last, time) : { signal, problem: `the last value is too old` };
    }
    const reading = await ask();
    if (reading.value !== undefined) {
      this.kept.set(key, { at: time, tried: time, reading });
      return reading;
    }
    this.kept.set(key, valid ? { ...last, tried: time } : { at: time, tried: time, reading });
    return valid ? aged(last, time) : reading;
  }
}

function aged(kept: Kept, time: number): SourcedReading {
  return kept.reading.value === undefined ? kept.reading : { ...kept.reading, age: (kept.reading.age ?? 0) + time - kept.at };
}
