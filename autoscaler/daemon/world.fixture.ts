import assert from "node:assert/strict";
import { settingsSchema } from "../config/settings";
import { Notifier, type Notice } from "../notify/notifier";
import { Metrics } from "../server/metrics";
import { type ServiceStats } from "../signals/docker-stats";
import { type QueryResult } from "../signals/prometheus";
import { type ManagedService, type Target } from "../targets/target";
import { Daemon, type Parts } from "./daemon";
import { type Lease } from "./lease";
import { Readings, type Sources } from "./readings";
import { type Saved, type Store } from "./store";

/** Seconds between two turns. */
export const INTERVAL = 5;

/** Services in memory with their load, and everything around a daemon, each part of which may fail. */
export class World {
  /** The time of day, which somebody may set, and the time that passes. */
  now = 1_800_000_000.25;
  steady = 1000.5;
  readonly counts = new Map<string, number>();
  /** Requests per second and percent of CPU by service. */
  readonly load = new Map<string, number>();
  readonly cpu = new Map<string, number>();
  readonly scaled: { readonly service: string; readonly to: number; readonly now: number }[] = [];
  readonly told: Notice[] = [];
  readonly metrics = new Metrics();
  disk: Saved = { version: 1, memories: {}, pauses: {}, log: {} };

  readonly target: Target = {
    list: async () => [...this.counts].map(([name, count]) => this.describe(name, count)),
    scale: async (service, count) => {
      this.counts.set(service, count);
      this.scaled.push({ service, to: count, now: this.now });
    },
  };
  readonly lease: Lease = { hold: async () => true, release: async () => undefined };
  readonly sources: Sources = {
    stats: async ({ name, desired }): Promise<ServiceStats> => ({
      cpu: this.cpu.get(name) ?? 65,
      memory: 50,
      cpuReporting: desired,
      memoryReporting: desired,
    }),
    query: async (service): Promise<QueryResult> => ({ value: this.load.get(service) ?? 0, age: 0 }),
  };

  /** @param counts replicas by service @param queried services that are scaled on requests, of which a replica should get 70 per second */
  constructor(
    counts: Readonly<Record<string, number>>,
    private readonly queried: readonly string[] = Object.keys(counts),
  ) {
    for (const [name, count] of Object.entries(counts)) this.counts.set(name, count);
  }

  /** A daemon in this world, with time limits that a spec can wait for. */
  daemon(change: Partial<Parts> = {}, sources: Sources = this.sources): Daemon {
    const services = Object.fromEntries(
      this.queried.map((name) => [name, { queries: [{ name: "requests", kind: "rate", query: name, target: 70 }] }]),
    );
    const settings = settingsSchema.parse({ max: 20, services });
    return new Daemon({
      settings,
      target: this.target,
      readings: new Readings(settings, sources, { stats: 0.1, query: 0.1 }),
      store: { load: () => this.disk, save: (saved: Saved) => this.write(saved) } as unknown as Store,
      lease: this.lease,
      notifier: new Notifier(
        [{ kind: "webhook", url: "" }],
        async (_url, body) => void this.told.push(...(body as { notices: Notice[] }).notices),
      ),
      gauge: this.metrics,
      log: { info: () => undefined, warn: () => undefined },
      now: () => this.now,
      steady: () => this.steady,
      callSeconds: 0.1,
      ...change,
    });
  }

  /** Turns for so many seconds; `each` sees every one. */
  async live(daemon: Daemon, seconds: number, each: () => void = () => undefined): Promise<void> {
    for (const end = this.steady + seconds; this.steady < end;) {
      await daemon.cycle();
      each();
      this.pass(INTERVAL);
    }
    // messages leave beside the turns
    await new Promise((resolve) => setImmediate(resolve));
  }

  pass(seconds: number): void {
    this.now += seconds;
    this.steady += seconds;
  }

  /** The value of a metric, e.g. `autoscaler_fault{fault="clock"}`; undefined if there is none. */
  async metric(name: string): Promise<number | undefined> {
    const line = (await this.metrics.registry.metrics()).split("\n").find((entry) => entry.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }

  /** What was told, but for changes of counts. */
  alarms(): string[] {
    return this.told.map(({ service, text }) => `${service}: ${text}`).filter((text) => !text.includes("→"));
  }

  protected write(saved: Saved): void {
    this.disk = JSON.parse(JSON.stringify(saved)) as Saved;
  }

  protected describe(name: string, count: number): ManagedService {
    return { name, labels: { "autoscaler.enable": "true" }, desired: count, ready: count, containers: [`${name}-1`] };
  }
}

/** Milliseconds: the world's limits are a tenth of a second, and there are two of them one after the other in a turn. */
const TURN_MS = 1500;

/** A turn that ends in time. */
export async function turn(world: World, daemon: Daemon): Promise<void> {
  const started = performance.now();
  await world.live(daemon, 5);
  const took = performance.now() - started;
  assert.ok(took < TURN_MS, `the turn took ${took.toFixed(0)} ms`);
}

/** A fault is told once, whatever its text does meanwhile, and its end once. */
export function toldOnce(world: World, about: RegExp): void {
  const [first, last, ...more] = world.alarms();
  assert.match(first ?? "nothing", about);
  assert.ok(!/over: /.test(first ?? ""));
  assert.equal(last, (first ?? "").replace(": ", ": over: "), world.alarms().join("\n"));
  assert.deepEqual(more, []);
}
