/** A message for people. */
export interface Notice {
  readonly service: string;
  readonly text: string;
}

/** Sends a JSON body to an address; throws when it was not taken. */
export type Post = (url: string, body: unknown) => Promise<void>;

/** Messages within this time go out together, and no more than one message leaves in it: a flapping service is one line, not a hundred. */
export const GROUP_SECONDS = 30;
/** The same text about the same service is not repeated within an hour. */
const REPEAT_SECONDS = 3600;
const MOST_LINES = 20;
const MOST_WAITING = 200;
/** After failures the wait doubles, up to ten minutes. */
const LONGEST_WAIT_SECONDS = 600;

/** Posts JSON with a time limit. */
export const postJson: Post = async (url, body) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
};

/** Groups, limits and retries messages to Slack and a generic webhook. Time comes from outside. */
export class Notifier {
  private waiting: Notice[] = [];
  private readonly sent = new Map<string, number>();
  private next = 0;
  private failures = 0;
  /** Messages thrown away because too many waited. */
  dropped = 0;
  /** Why messages wait that should have left; undefined while all is well. */
  problem: string | undefined;

  constructor(
    private readonly targets: readonly { readonly kind: "slack" | "webhook"; readonly url: string }[],
    private readonly post: Post = postJson,
  ) {}

  /**
   * Takes a message; it leaves with the next `flush`. The same text about the same service is not taken twice within an hour.
   *
   * @param now seconds of a clock that nobody sets @param again take it all the same: its sender sees to repeats
   */
  add(notice: Notice, now: number, { again = false }: { readonly again?: boolean } = {}): void {
    if (this.targets.length === 0) return;
    const key = `${notice.service}\n${notice.text}`;
    const last = this.sent.get(key);
    if (!again && last !== undefined && now - last < REPEAT_SECONDS && now >= last) return;
    this.sent.set(key, now);
    if (this.waiting.length >= MOST_WAITING) {
      this.waiting.shift();
      this.dropped++;
    }
    this.waiting.push(notice);
  }

  /** Sends what waits, if it is time; a failure keeps it and waits longer. @returns the problem, if any */
  async flush(now: number): Promise<string | undefined> {
    if (this.waiting.length === 0 || now < this.next) return undefined;
    for (const [old, at] of this.sent) if (now - at >= REPEAT_SECONDS) this.sent.delete(old);
    const batch = this.waiting;
    const shown = batch.slice(0, MOST_LINES).map((notice) => `*${notice.service}*: ${notice.text}`);
    if (batch.length > MOST_LINES) shown.push(`… and ${batch.length - MOST_LINES} more`);
    try {
      for (const target of this.targets)
        await this.post(target.url, target.kind === "slack" ? { text: shown.join("\n") } : { notices: batch });
      this.waiting = this.waiting.filter((notice) => !batch.includes(notice));
      this.failures = 0;
      this.problem = undefined;
      this.next = now + GROUP_SECONDS;
      return undefined;
    } catch (error) {
      this.failures++;
      this.next = now + Math.min(LONGEST_WAIT_SECONDS, GROUP_SECONDS * 2 ** (this.failures - 1));
      this.problem = `notifications do not go out: ${(error as Error).message}`;
      return `notification failed ${this.failures} times: ${(error as Error).message}`;
    }
  }
}
