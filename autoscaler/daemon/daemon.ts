import { checkService } from "../config/load";
import { parseLabels } from "../config/labels";
import { policyOf } from "../config/policy";
import { type ServiceSettings, type Settings } from "../config/settings";
import { decide, type Decision } from "../core/decide";
import { EMPTY_MEMORY, type Memory } from "../core/memory";
import { type Observation } from "../core/observation";
import { type ServicePolicy } from "../core/policy";
import { type Notifier } from "../notify/notifier";
import { type ManagedService, type Target } from "../targets/target";
import { Course, type CoursePoint } from "./course";
import { type Lease } from "./lease";
import { type Gauge, type Readings } from "./readings";
import { type Saved, type Store } from "./store";

/** A service as the status page and `status` show it. */
export interface ServiceStatus {
  readonly name: string;
  readonly desired: number;
  readonly ready: number;
  readonly min: number;
  readonly max: number;
  readonly decision: Decision;
  readonly pausedUntil?: number;
}

/** What the outside of the decision is made of. */
export interface Parts {
  readonly settings: Settings;
  readonly target: Target;
  readonly readings: Readings;
  readonly store: Store;
  readonly lease: Lease;
  readonly notifier: Notifier;
  readonly gauge: Gauge;
  readonly log: { info(details: object, text: string): void; warn(details: object, text: string): void };
  readonly now?: () => number;
}

/** A hanging engine or server costs a cycle, not the daemon. */
const CALL_SECONDS = 10;
const LOG_KEPT = 200;
/** An unchanged steady decision is written to the state this rarely; a change always before it is carried out. */
const SAVE_SECONDS = 30;

/** Observes, decides, remembers, acts: in that order, so that a kill at any moment neither forgets nor repeats a change. */
export class Daemon {
  private saved: Saved;
  private savedAt = 0;
  private statuses: ServiceStatus[] = [];
  private problems: string[] = [];
  private readonly course = new Course();
  private turning: Promise<void> = Promise.resolve();
  private readonly now: () => number;

  constructor(private readonly parts: Parts) {
    this.saved = parts.store.load();
    this.now = parts.now ?? (() => Date.now() / 1000);
  }

  /** Services of the last cycle, and what keeps the daemon from doing its work. */
  status(): { services: readonly ServiceStatus[]; problems: readonly string[] } {
    return { services: this.statuses, problems: this.problems };
  }

  decisions(service: string): readonly Decision[] {
    return this.saved.log[service] ?? [];
  }

  /** What a service has been through in the last hour, oldest first. */
  history(service: string): readonly CoursePoint[] {
    return this.course.of(service);
  }

  /** Stops changes to a service, or to all with "*", until a time in seconds. */
  pause(service: string, until: number, by: string): void {
    this.saved = { ...this.saved, pauses: { ...this.saved.pauses, [service]: { until, by } } };
    this.parts.store.save(this.saved);
  }

  resume(service: string): void {
    const { [service]: ended, ...pauses } = this.saved.pauses;
    void ended;
    this.saved = { ...this.saved, pauses };
    this.parts.store.save(this.saved);
  }

  /**
   * A deploy's lease: nothing is changed until it is given back or has run out. Resolves when a turn that was under way has ended,
   * so that from then on nothing moves.
   */
  async holdForDeploy(until: number, by: string): Promise<void> {
    this.saved = { ...this.saved, deploy: { until, by } };
    this.parts.store.save(this.saved);
    await this.turning;
  }

  /** The deploy has ended. */
  endDeploy(): void {
    const { deploy: ended, ...rest } = this.saved;
    void ended;
    this.saved = rest;
    this.parts.store.save(this.saved);
  }

  /** One turn over all services. Never throws. */
  cycle(): Promise<void> {
    this.turning = this.turnAll();
    return this.turning;
  }

  /** Gives the lease up and writes everything remembered: the process is about to end. */
  async stop(): Promise<void> {
    this.save();
    await limited(this.parts.lease.release(), "the lease").catch((error: Error) => this.parts.log.warn({}, error.message));
  }

  private async turnAll(): Promise<void> {
    const { settings, target, lease, log, notifier, gauge } = this.parts;
    const time = this.now();
    const problems: string[] = [];
    const statuses: ServiceStatus[] = [];
    try {
      const leading = await limited(lease.hold(time), "the lease");
      gauge.leader(leading);
      const services = await limited(target.list(new Set(Object.keys(settings.services))), "the engine");
      const asked = await this.parts.readings.collect(services, (service) => this.settingsOf(service, problems), time);
      for (const { service, own, readings } of asked) {
        try {
          statuses.push(await this.turn(service, own, readings, time, leading));
        } catch (error) {
          problems.push(`${service.name}: ${(error as Error).message}`);
        }
      }
      if (!leading) problems.push("another instance holds the lease; this one only watches");
      this.statuses = statuses;
      this.course.keep(new Set(services.map((service) => service.name)));
    } catch (error) {
      problems.push((error as Error).message);
    }
    for (const problem of problems.filter((text) => !this.problems.includes(text))) {
      log.warn({}, problem);
      notifier.add({ service: "auto-scaler", text: problem }, time);
    }
    this.problems = problems;
    gauge.cycle(this.now() - time, problems.length);
    const failed = await notifier.flush(time);
    if (failed !== undefined) log.warn({}, failed);
    if (time - this.savedAt < SAVE_SECONDS && time >= this.savedAt) return;
    try {
      this.save(time);
    } catch (error) {
      const problem = `the state cannot be written: ${(error as Error).message}`;
      this.problems = [...problems, problem];
      log.warn({}, problem);
    }
  }

  /** One decision about a service with everything fresh, and nothing changed. */
  async test(name: string): Promise<{ decision: Decision; policy: ServicePolicy } | undefined> {
    const time = this.now();
    const problems: string[] = [];
    const services = await limited(this.parts.target.list(new Set([...Object.keys(this.parts.settings.services)])), "the engine");
    const [asked] = await this.parts.readings.collect(
      services.filter((service) => service.name === name),
      (service) => this.settingsOf(service, problems),
      time,
    );
    if (problems.length > 0) throw new Error(problems.join("; "));
    if (asked === undefined) return undefined;
    const policy = policyOf(this.parts.settings, asked.own, time);
    return {
      decision: decide(this.observe(asked.service, asked.readings, time), policy, this.saved.memories[name] ?? EMPTY_MEMORY).decision,
      policy,
    };
  }

  /** Writes everything remembered. */
  save(time = this.now()): void {
    this.savedAt = time;
    this.parts.store.save(this.saved);
  }

  private settingsOf(service: ManagedService, problems: string[]): ServiceSettings | undefined {
    const labels = parseLabels(service.labels, service.name, problems, this.parts.settings);
    const configured = Object.hasOwn(this.parts.settings.services, service.name) ? this.parts.settings.services[service.name] : undefined;
    if (configured?.enable === false) return undefined;
    return checkService({ ...configured, ...labels }, service.name, problems);
  }

  private observe(service: ManagedService, readings: Observation["readings"], time: number): Observation {
    const { desired, ready, rollout, revision, placeable } = service;
    const { pauses: kept, deploy } = this.saved;
    const pauses = [kept[service.name], kept["*"], deploy].filter((pause) => pause !== undefined && pause.until > time);
    const labelled = Number(service.labels["autoscaler.pause_until"] ?? NaN);
    const paused = pauses[0] ?? (labelled > time ? { until: labelled, by: "the deploy's lease" } : undefined);
    return {
      time,
      desired,
      ready,
      readings,
      ...(rollout === undefined ? {} : { rollout }),
      ...(revision === undefined ? {} : { revision }),
      ...(placeable === undefined ? {} : { placeable }),
      ...(paused === undefined ? {} : { paused }),
    };
  }

  private async turn(
    service: ManagedService,
    own: ServiceSettings,
    readings: Observation["readings"],
    time: number,
    leading: boolean,
  ): Promise<ServiceStatus> {
    const { settings, target, log, notifier, gauge } = this.parts;
    const policy = policyOf(settings, own, time);
    const observation = this.observe(service, readings, time);
    const { decision, memory } = decide(observation, policy, this.saved.memories[service.name] ?? EMPTY_MEMORY);
    const acting = leading && !settings.dryRun;
    this.remember(
      service.name,
      acting || decision.to === decision.from
        ? memory
        : { ...memory, wanted: decision.from, changes: this.saved.memories[service.name]?.changes ?? [] },
      decision,
    );
    gauge.service(service, policy, decision);
    this.course.add(service, policy, decision);
    for (const alert of decision.alerts) notifier.add({ service: service.name, text: alert.text }, time);
    if (decision.to !== decision.from) {
      log.info({ service: service.name, from: decision.from, to: decision.to, rule: decision.rule, acting }, decision.reason);
      if (acting) {
        // remembered first: killed in between, the restart knows of the change and finishes it
        this.save(time);
        await limited(
          target.scale(service.name, decision.to, decision.rule === "signal" && policy.growDuringRollout ? { during: "rollout" } : {}),
          "the engine",
        );
        notifier.add({ service: service.name, text: `${decision.from} → ${decision.to} replicas: ${decision.reason}` }, time);
      }
    }
    return {
      name: service.name,
      desired: service.desired,
      ready: service.ready,
      min: policy.min,
      max: policy.max,
      decision,
      ...(observation.paused === undefined ? {} : { pausedUntil: observation.paused.until }),
    };
  }

  private remember(name: string, memory: Memory, decision: Decision): void {
    const log = this.saved.log[name] ?? [];
    const last = log[log.length - 1];
    const news = decision.to !== decision.from || last?.rule !== decision.rule;
    this.saved = {
      ...this.saved,
      memories: { ...this.saved.memories, [name]: memory },
      ...(news ? { log: { ...this.saved.log, [name]: [...log.slice(1 - LOG_KEPT), decision] } } : {}),
    };
  }
}

/** @throws Error when the work takes too long. */
async function limited<T>(work: Promise<T>, who: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${who} did not answer within ${CALL_SECONDS} s`)), CALL_SECONDS * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
