import { type Decision } from "../core/decide";
import { EMPTY_MEMORY, shiftMemory, type Memory } from "../core/memory";
import { type ToldFaults } from "./alarms";
import { type Saved, type Store } from "./store";

/** Until when something lasts, seconds since 1970, and who asked for it. */
export interface Pause {
  readonly until: number;
  readonly by: string;
}

/** Decisions kept of a service, in all, and of a service among very many. */
const LOG = { service: 200, all: 4000, least: 4 } as const;
/** A service that has been away for a week starts anew. */
const FORGOTTEN_SECONDS = 7 * 86_400;

/** Everything that has to survive a restart, and its way to the disk. */
export class Remembered {
  readonly told: ToldFaults;
  private readonly memories: Map<string, Memory>;
  private readonly log: Map<string, readonly Decision[]>;
  private readonly pauses: Map<string, Pause>;
  private deploy: Pause | undefined;

  constructor(private readonly store: Store) {
    const saved = store.load();
    this.memories = new Map(Object.entries(saved.memories));
    this.log = new Map(Object.entries(saved.log));
    this.pauses = new Map(Object.entries(saved.pauses));
    this.deploy = saved.deploy;
    this.told = saved.told ?? {};
  }

  memoryOf(service: string): Memory {
    return this.memories.get(service) ?? EMPTY_MEMORY;
  }

  decisionsOf(service: string): readonly Decision[] {
    return this.log.get(service) ?? [];
  }

  /** Takes a new memory; the decision goes to the log if it says anything new. */
  keep(service: string, memory: Memory, decision: Decision): void {
    this.memories.set(service, memory);
    const log = this.decisionsOf(service);
    if (decision.to === decision.from && log[log.length - 1]?.rule === decision.rule) return;
    const most = Math.max(LOG.least, Math.min(LOG.service, Math.floor(LOG.all / this.memories.size)));
    this.log.set(service, [...log.slice(-most + 1), decision]);
  }

  /** What holds a service still at a time. */
  pausedBy(service: string, time: number): Pause | undefined {
    return [this.pauses.get(service), this.pauses.get("*"), this.deploy].find((pause) => pause !== undefined && pause.until > time);
  }

  pause(service: string, pause: Pause | undefined): void {
    if (pause === undefined) this.pauses.delete(service);
    else this.pauses.set(service, pause);
  }

  holdForDeploy(deploy: Pause | undefined): void {
    this.deploy = deploy;
  }

  /** The clock was set: cooldowns, windows and pauses keep what was left of them. */
  shift(seconds: number): void {
    for (const [name, memory] of this.memories) this.memories.set(name, shiftMemory(memory, seconds));
    for (const [name, pause] of this.pauses) this.pauses.set(name, { ...pause, until: pause.until + seconds });
    if (this.deploy !== undefined) this.deploy = { ...this.deploy, until: this.deploy.until + seconds };
  }

  /** @param log whether the decisions are written too @throws Error when the disk refuses */
  save(told: ToldFaults, time: number, log: boolean): void {
    for (const [name, memory] of this.memories) {
      if (time - memory.time <= FORGOTTEN_SECONDS) continue;
      this.memories.delete(name);
      this.log.delete(name);
    }
    const saved: Saved = {
      version: 1,
      memories: Object.fromEntries(this.memories),
      pauses: Object.fromEntries(this.pauses),
      ...(this.deploy === undefined ? {} : { deploy: this.deploy }),
      told,
      log: Object.fromEntries(this.log),
    };
    this.store.save(saved, log);
  }
}
