import { setTimeout as sleep } from "node:timers/promises";
import { type LoggedRequest, parseAccessLog } from "../load";
import type { Engine } from "./engine";

/** The balancer writes its log at least once a second; then it takes the engine's log driver a moment. */
const FLUSH_MILLISECONDS = 2500;

/** Time between two readings; the engine keeps 30 MB a replica, some five minutes of 100 requests/s. */
const READING_MILLISECONDS = 60_000;

/** The balancer's log of a run of any length, read while it goes on: the engine throws old lines away. */
export class BalancerLog {
  /** Every line says which request it is about, so that a line read twice is one line. */
  private readonly lines = new Set<string>();
  private readonly ended = new AbortController();
  private readonly reading: Promise<void>;

  /** @param since what its replicas logged before is left out; those are included that are gone by the end */
  constructor(
    private readonly engine: Engine,
    private readonly service: string,
    private since: Date,
  ) {
    this.reading = this.readOn();
    // Told by `end`.
    this.reading.catch(() => undefined);
  }

  /** Everything logged so far; nothing is read after. */
  async end(): Promise<LoggedRequest[]> {
    this.ended.abort();
    await this.reading;
    await sleep(FLUSH_MILLISECONDS);
    await this.read();
    return parseAccessLog([...this.lines].join("\n"));
  }

  private async readOn(): Promise<void> {
    for (;;) {
      await sleep(READING_MILLISECONDS, undefined, { signal: this.ended.signal, ref: false }).catch(() => undefined);
      if (this.ended.signal.aborted) return;
      await this.read();
    }
  }

  private async read(): Promise<void> {
    const now = new Date();
    for (const line of await this.engine.lines("service", "logs", "--raw", "--since", this.since.toISOString(), this.service)) {
      this.lines.add(line);
    }
    // Lines of this moment may still be on their way.
    this.since = new Date(now.getTime() - 2 * FLUSH_MILLISECONDS);
  }
}
