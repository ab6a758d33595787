import { type Notice } from "../notify/notifier";

/** Something that people should know of for as long as it lasts. */
export interface Fault {
  /** Stable while it lasts, whatever its text: ages and counts in a text change. */
  readonly key: string;
  /** The service it is about, or "auto-scaler". */
  readonly about: string;
  readonly text: string;
  /** Seconds that it has to last before anybody is told. @default 30 */
  readonly grace?: number;
}

/** What a restart must not tell again: the faults that were told, by key. */
export type ToldFaults = Readonly<Record<string, { readonly about: string; readonly text: string }>>;

/** A restart of the engine or of Prometheus, or one lost answer, is nobody's business yet. */
const GRACE_SECONDS = 30;
/** So long a fault has to stay away before it counts as over: one that comes and goes is one alarm. */
const QUIET_SECONDS = 60;

interface Known {
  readonly fault: Fault;
  readonly since: number;
  readonly seen: number;
  readonly told: boolean;
}

/** Tells of each fault once when it has come to stay and once when it is over, however often it is seen in between. */
export class Alarms {
  private readonly known = new Map<string, Known>();

  /** @param told what was told before a restart @param steady seconds of a clock that nobody sets */
  constructor(told: ToldFaults, steady: number) {
    for (const [key, { about, text }] of Object.entries(told))
      this.known.set(key, { fault: { key, about, text }, since: steady, seen: steady, told: true });
  }

  /**
   * @param faults everything wrong in this turn
   * @param steady seconds of a clock that nobody sets
   * @param unseen about whom nothing is known in this turn, so that their silence ends nothing
   * @returns what to tell now
   */
  settle(faults: readonly Fault[], steady: number, unseen: (about: string) => boolean = () => false): Notice[] {
    const notices: Notice[] = [];
    for (const fault of faults) {
      const before = this.known.get(fault.key);
      const since = before?.since ?? steady;
      const told = before?.told === true || steady - since >= (fault.grace ?? GRACE_SECONDS);
      if (told && before?.told !== true) notices.push({ service: fault.about, text: fault.text });
      this.known.set(fault.key, { fault: before?.told ? before.fault : fault, since, seen: steady, told });
    }
    for (const [key, known] of this.known) {
      if (known.seen === steady) continue;
      if (unseen(known.fault.about)) this.known.set(key, { ...known, seen: steady });
      else if (steady - known.seen >= QUIET_SECONDS) {
        this.known.delete(key);
        if (known.told) notices.push({ service: known.fault.about, text: `over: ${known.fault.text}` });
      }
    }
    return notices;
  }

  told(): ToldFaults {
    const entries = [...this.known.values()].filter((known) => known.told).map(({ fault }) => [fault.key, fault] as const);
    return Object.fromEntries(entries.map(([key, { about, text }]) => [key, { about, text }]));
  }
}
