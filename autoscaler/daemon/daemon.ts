import { decide, type Decision } from "../core/decide";
import { type Observation } from "../core/observation";
import { type ServicePolicy } from "../core/policy";
import { type ManagedService } from "../targets/target";
import { Alarms } from "./alarms";
import { ClockWatch } from "./clock";
import { Course, type CoursePoint } from "./course";
import { ITSELF, TurnFaults } from "./faults";
import { CALL_SECONDS, inTime, limited } from "./limited";
import { OwnSettings } from "./own-settings";
import { type Parts, type ServiceStatus } from "./parts";
import { type Asked } from "./readings";
import { Remembered } from "./remembered";

export { type Parts, type ServiceStatus } from "./parts";

/** Changes carried out at a time: one that hangs must not keep the others waiting. */
const CHANGES_AT_ONCE = 16;
/** An unchanged steady decision is written to the state this rarely; a change always before it is carried out. */
const SAVE_SECONDS = 30;
/** Several receivers, each with its own limit of five seconds. */
const TELLING_SECONDS = 30;
/** The clock counts as set for so long; a jump back within it belongs to the same fault. */
const CLOCK_SECONDS = 60;

/** A change that was decided and waits to be carried out. */
interface Change {
  readonly service: string;
  readonly decision: Decision;
  readonly during: "rollout" | undefined;
}

/** Observes, decides, remembers, acts: in that order, so that a kill at any moment neither forgets nor repeats a change. */
export class Daemon {
  private readonly remembered: Remembered;
  private readonly alarms: Alarms;
  private readonly own: OwnSettings;
  private readonly configured: ReadonlySet<string>;
  private readonly course = new Course();
  private readonly clock = new ClockWatch();
  private jumped: { readonly at: number; readonly text: string } | undefined;
  private savedAt = -Infinity;
  private statuses: ServiceStatus[] = [];
  private problems: readonly string[] = [];
  private turning: Promise<void> = Promise.resolve();
  private telling: Promise<void> | undefined;
  private readonly callSeconds: number;
  private readonly now: () => number;
  private readonly steady: () => number;

  constructor(private readonly parts: Parts) {
    this.now = parts.now ?? (() => Date.now() / 1000);
    this.steady = parts.steady ?? this.now;
    this.callSeconds = parts.callSeconds ?? CALL_SECONDS;
    this.remembered = new Remembered(parts.store);
    this.alarms = new Alarms(this.remembered.told, this.steady());
    this.own = new OwnSettings(parts.settings);
    this.configured = new Set(Object.keys(parts.settings.services));
  }

  /** Services of the last cycle, and what keeps the daemon from doing its work. */
  status(): { services: readonly ServiceStatus[]; problems: readonly string[] } {
    return { services: this.statuses, problems: this.problems };
  }

  decisions(service: string): readonly Decision[] {
    return this.remembered.decisionsOf(service);
  }

  /** What a service has been through in the last hour, oldest first. */
  history(service: string): readonly CoursePoint[] {
    return this.course.of(service);
  }

  /** Stops changes to a service, or to all with "*", until a time in seconds. */
  pause(service: string, until: number, by: string): void {
    this.remembered.pause(service, { until, by });
    this.write(false);
  }

  resume(service: string): void {
    this.remembered.pause(service, undefined);
    this.write(false);
  }

  /**
   * A deploy's lease: nothing is changed until it is given back or has run out. Resolves when a turn that was under way has ended,
   * so that from then on nothing moves.
   */
  async holdForDeploy(until: number, by: string): Promise<void> {
    this.remembered.holdForDeploy({ until, by });
    this.write(false);
    await this.turning;
  }

  /** The deploy has ended. */
  endDeploy(): void {
    this.remembered.holdForDeploy(undefined);
    this.write(false);
  }

  /** One turn over all services. Never throws. */
  cycle(): Promise<void> {
    this.turning = this.turnAll();
    return this.turning;
  }

  /** Gives the lease up and writes everything remembered: the process is about to end. */
  async stop(): Promise<void> {
    this.save();
    await this.telling;
    await limited(this.parts.lease.release(), "the lease", this.callSeconds).catch((error: Error) =>
      this.parts.log.warn({}, error.message),
    );
  }

  /** Writes everything remembered. */
  save(): void {
    this.savedAt = this.steady();
    this.write(true);
  }

  /** One decision about a service with everything fresh, and nothing changed. */
  async test(name: string): Promise<{ decision: Decision; policy: ServicePolicy } | undefined> {
    const time = this.now();
    const problems: string[] = [];
    const services = await limited(this.parts.target.list(this.configured), "the engine", this.callSeconds);
    const [asked] = await this.parts.readings.collect(
      services.filter((service) => service.name === name),
      (service) => this.own.of(service, problems),
      time,
    );
    if (problems.length > 0) throw new Error(problems.join("; "));
    if (asked === undefined) return undefined;
    const policy = this.own.policy(asked.own, time);
    return { decision: decide(this.observe(asked.service, asked.readings, time), policy, this.remembered.memoryOf(name)).decision, policy };
  }

  private async turnAll(): Promise<void> {
    const { notifier, log } = this.parts;
    const [time, started] = [this.now(), this.steady()];
    const faults = new TurnFaults();
    this.lookAtClock(time, started, faults);
    const seen = await this.turnServices(time, faults).catch((error: Error) => {
      faults.add("engine", error.message);
      return false;
    });
    if (notifier.problem !== undefined) faults.add("notifications", notifier.problem);
    if (started - this.savedAt >= SAVE_SECONDS)
      try {
        this.save();
      } catch (error) {
        faults.add("state", `the state cannot be written: ${(error as Error).message}`);
      }
    for (const problem of faults.problems.filter((text) => !this.problems.includes(text))) log.warn({}, problem);
    this.problems = faults.problems;
    for (const notice of this.alarms.settle(faults.all, started, (about) => !seen && about !== ITSELF))
      notifier.add(notice, started, { again: true });
    this.parts.gauge.cycle(this.steady() - started, faults.problems.length, faults.kinds);
    this.tell(started);
  }

  /** Sends messages beside the turns: who does not take them must not hold the loop up. */
  private tell(steady: number): void {
    const { notifier, log } = this.parts;
    this.telling ??= limited(notifier.flush(steady), "the receiver of notifications", TELLING_SECONDS)
      .then((failed) => void (failed === undefined || log.warn({}, failed)))
      .catch((error: Error) => log.warn({}, error.message))
      .finally(() => (this.telling = undefined));
  }

  /** Everything that was to last or to end at a time of day moves with the clock. */
  private lookAtClock(time: number, steady: number, faults: TurnFaults): void {
    const jump = this.clock.look(time, steady);
    if (jump !== 0) {
      this.remembered.shift(jump);
      this.parts.readings.shift(jump);
      const way = jump > 0 ? "forward" : "back";
      this.jumped = {
        at: steady,
        text: `the clock was set ${way} by ${Math.abs(jump).toFixed(0)} s: cooldowns, windows and pauses moved with it`,
      };
    }
    if (this.jumped !== undefined && steady - this.jumped.at < CLOCK_SECONDS) faults.add("clock", this.jumped.text, { grace: 0 });
  }

  /** @returns true when all services were seen @throws Error when the engine does not list them */
  private async turnServices(time: number, faults: TurnFaults): Promise<boolean> {
    const { settings, target, lease, gauge, readings } = this.parts;
    const [holding, listing] = await Promise.allSettled([
      limited(lease.hold(time), "the lease", this.callSeconds),
      limited(target.list(this.configured), "the engine", this.callSeconds),
    ]);
    const leading = holding.status === "fulfilled" && holding.value;
    gauge.leader(leading);
    if (listing.status === "rejected") throw listing.reason as Error;
    if (holding.status === "rejected") faults.add("lease", (holding.reason as Error).message);
    else if (!leading) faults.add("lease", "another instance holds the lease; this one only watches", { key: "other" });

    const names = new Set(listing.value.map((service) => service.name));
    for (const keeper of [this.course, this.own, gauge]) keeper.keep?.(names);

    const problems: string[] = [];
    const asked = await readings.collect(listing.value, (service) => this.own.of(service, problems), time);
    for (const problem of problems) faults.add("settings", problem, { key: problem, grace: 0 });
    const acting = leading && !settings.dryRun;
    const [statuses, changes]: [ServiceStatus[], Change[]] = [[], []];
    for (const each of asked) {
      try {
        statuses.push(this.turn(each, time, acting, faults, changes));
      } catch (error) {
        faults.add("settings", `${each.service.name}: ${(error as Error).message}`, { key: each.service.name });
      }
    }
    this.statuses = statuses;
    if (acting && changes.length > 0) await this.carryOut(changes, faults);
    return true;
  }

  /** Decides about one service and remembers it. */
  private turn({ service, own, readings }: Asked, time: number, acting: boolean, faults: TurnFaults, changes: Change[]): ServiceStatus {
    const { log, notifier, gauge } = this.parts;
    const policy = this.own.policy(own, time);
    const observation = this.observe(service, readings, time);
    const before = this.remembered.memoryOf(service.name);
    const { decision, memory } = decide(observation, policy, before);
    const changed = decision.to !== decision.from;
    this.remembered.keep(
      service.name,
      acting || !changed ? memory : { ...memory, wanted: decision.from, changes: before.changes },
      decision,
    );
    gauge.service(service, policy, decision);
    this.course.add(service, policy, decision);
    faults.decided(service.name, policy, decision, readings);
    for (const alert of decision.alerts)
      if (alert.name === "flapping") notifier.add({ service: service.name, text: alert.text }, this.steady());
    if (changed) {
      log.info({ service: service.name, from: decision.from, to: decision.to, rule: decision.rule, acting }, decision.reason);
      const during = decision.rule === "signal" && policy.growDuringRollout ? "rollout" : undefined;
      changes.push({ service: service.name, decision, during });
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

  /** Everything is remembered first: killed in between, the restart knows of the changes and finishes them. */
  private async carryOut(changes: readonly Change[], faults: TurnFaults): Promise<void> {
    try {
      this.write(false);
    } catch (error) {
      faults.add("state", `the state cannot be written, so nothing is changed: ${(error as Error).message}`);
      return;
    }
    const late = await inTime(changes, CHANGES_AT_ONCE, this.callSeconds, async ({ service, decision: { from, to, reason }, during }) => {
      try {
        const work = this.parts.target.scale(service, to, during === undefined ? {} : { during });
        await limited(work, "the engine, asked for a change,", this.callSeconds);
        this.parts.notifier.add({ service, text: `${from} → ${to} replicas: ${reason}` }, this.steady());
      } catch (error) {
        faults.add("change", `${service}: ${(error as Error).message}`, { key: service });
      }
    });
    if (late.length > 0) faults.add("change", `${late.length} changes wait, because others take too long`, { key: "late" });
  }

  private observe(service: ManagedService, readings: Observation["readings"], time: number): Observation {
    const { desired, ready, rollout, revision, placeable } = service;
    const labelled = Number(service.labels["autoscaler.pause_until"] ?? NaN);
    const paused =
      this.remembered.pausedBy(service.name, time) ?? (labelled > time ? { until: labelled, by: "the deploy's lease" } : undefined);
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

  /** @param log whether the decisions are written too @throws Error when the disk refuses */
  private write(log: boolean): void {
    this.remembered.save(this.alarms.told(), this.now(), log);
  }
}
