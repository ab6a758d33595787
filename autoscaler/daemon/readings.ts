import { type ServiceSettings, type Settings } from "../config/settings";
import { type Decision } from "../core/decide";
import { type Reading } from "../core/observation";
import { isDemand, type ServicePolicy } from "../core/policy";
import { type ServiceStats } from "../signals/docker-stats";
import { type QueryResult } from "../signals/prometheus";
import { type ManagedService } from "../targets/target";

/** Where the daemon reports what it sees and does. */
export interface Gauge {
  leader(leading: boolean): void;
  cycle(seconds: number, problems: number): void;
  service(service: ManagedService, policy: ServicePolicy, decision: Decision): void;
}

/** Where values come from. */
export interface Sources {
  stats(service: ManagedService): Promise<ServiceStats>;
  query(expression: string): Promise<QueryResult>;
}

/** A service with the readings of all its signals. */
export interface Asked {
  readonly service: ManagedService;
  readonly own: ServiceSettings;
  readonly readings: readonly Reading[];
}

/** A slow reading stays valid for two and a half of its intervals: one may fail without becoming "no data". */
const VALID_INTERVALS = 2.5;
const STATS_SECONDS = 8;

/** Asks each signal at its own pace, and keeps slow readings in between. */
export class Readings {
  private readonly kept = new Map<string, { readonly at: number; readonly tried: number; readonly reading: Reading }>();

  constructor(
    private readonly settings: Pick<Settings, "checkInterval" | "fastInterval">,
    private readonly sources: Sources,
  ) {}

  async collect(
    services: readonly ManagedService[],
    settingsOf: (service: ManagedService) => ServiceSettings | undefined,
    time: number,
  ): Promise<Asked[]> {
    const asked = await Promise.all(
      services.map(async (service) => {
        const own = settingsOf(service);
        return own === undefined ? undefined : { service, own, readings: await this.readings(service, own, time) };
      }),
    );
    const names = new Set(services.map((service) => service.name));
    for (const key of this.kept.keys()) if (!names.has(key.slice(0, key.lastIndexOf("/")))) this.kept.delete(key);
    return asked.filter((entry) => entry !== undefined);
  }

  private async readings(service: ManagedService, own: ServiceSettings, time: number): Promise<Reading[]> {
    const queries = (own.queries ?? []).map(async (query) => {
      const ask = async (): Promise<Reading> => {
        const result = await this.sources.query(query.query);
        return "problem" in result
          ? { signal: query.name, problem: result.problem }
          : { signal: query.name, value: result.value, age: result.age };
      };
      return isDemand(query.kind) ? ask() : this.paced(service.name, query.name, time, ask);
    });
    let stats: Promise<ServiceStats | string> | undefined;
    const resource = (name: "cpu" | "memory") =>
      this.paced(service.name, name, time, async () => {
        stats ??= withLimit(this.sources.stats(service));
        const result = await stats;
        if (typeof result === "string") return { signal: name, problem: result };
        const reporting = name === "cpu" ? result.cpuReporting : result.memoryReporting;
        const value = result[name];
        return value === undefined ? { signal: name, problem: `no container reports ${name} yet` } : { signal: name, value, reporting };
      });
    return Promise.all([resource("cpu"), resource("memory"), ...queries]);
  }

  private async paced(service: string, signal: string, time: number, ask: () => Promise<Reading>): Promise<Reading> {
    const key = `${service}/${signal}`;
    const last = this.kept.get(key);
    const interval = this.settings.checkInterval;
    const retry = last?.reading.value === undefined ? this.settings.fastInterval : interval;
    if (last !== undefined && time - last.tried < retry - this.settings.fastInterval / 2 && time >= last.tried) return aged(last, time);
    const reading = await ask();
    if (reading.value !== undefined) {
      this.kept.set(key, { at: time, tried: time, reading });
      return reading;
    }
    const usable = last?.reading.value !== undefined && time - last.at <= VALID_INTERVALS * interval && time >= last.at;
    this.kept.set(key, usable ? { ...last, tried: time } : { at: time, tried: time, reading });
    return usable ? aged(last, time) : reading;
  }
}

function aged(kept: { readonly at: number; readonly reading: Reading }, time: number): Reading {
  return kept.reading.value === undefined ? kept.reading : { ...kept.reading, age: (kept.reading.age ?? 0) + time - kept.at };
}

async function withLimit(work: Promise<ServiceStats>): Promise<ServiceStats | string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`the engine did not report within ${STATS_SECONDS} s`), STATS_SECONDS * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    return (error as Error).message;
  } finally {
    clearTimeout(timer);
  }
}
