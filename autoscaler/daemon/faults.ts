import { type Decision } from "../core/decide";
import { isDemand, type ServicePolicy } from "../core/policy";
import { type Fault } from "./alarms";
import { VALID_INTERVALS, type SourcedReading } from "./readings";

/** Kinds of faults, as metrics tell them apart. */
export const FAULTS = ["prometheus", "statistics", "engine", "lease", "state", "clock", "settings", "change", "notifications"] as const;
export type FaultKind = (typeof FAULTS)[number];

/** Whom a fault is about that concerns no single service. */
export const ITSELF = "auto-scaler";

/** What is wrong in one turn: for people as problems, for metrics as kinds, for alarms by keys that stay while texts change. */
export class TurnFaults {
  readonly all: Fault[] = [];
  readonly kinds = new Set<FaultKind>();
  readonly problems: string[] = [];

  /** Something that keeps the daemon from its work. @param key where one kind can hold several faults */
  add(kind: FaultKind, text: string, details: { readonly key?: string; readonly grace?: number } = {}): void {
    const key = `${kind}${details.key === undefined ? "" : `:${details.key}`}`;
    if (this.all.some((fault) => fault.key === key)) return;
    this.kinds.add(kind);
    this.problems.push(text);
    this.all.push({ key, about: ITSELF, text, ...(details.grace === undefined ? {} : { grace: details.grace }) });
  }

  /** What a decision has to tell: a source that failed as a whole is one fault, however many services it leaves without data. */
  decided(service: string, policy: ServicePolicy, decision: Decision, readings: readonly SourcedReading[]): void {
    for (const { name, text } of decision.alerts) {
      const signal = /^no-data:(.*)$/s.exec(name)?.[1];
      const reading = signal === undefined ? undefined : readings.find((entry) => entry.signal === signal);
      if (reading?.source !== undefined) {
        this.add(reading.source, reading.problem ?? text);
        continue;
      }
      // an event of one turn: the notifier tells it, nothing has to end
      if (name === "flapping") continue;
      const kind = policy.signals.find((entry) => entry.name === signal)?.kind;
      const paced = kind !== undefined && !isDemand(kind);
      const grace = signal === undefined ? 0 : paced ? VALID_INTERVALS * policy.checkInterval : undefined;
      this.all.push({ key: `service:${service}:${name}`, about: service, text, ...(grace === undefined ? {} : { grace }) });
    }
  }
}
