import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";

/**
 * When a step of the shutdown runs:
 * - `drain`: at once; the replica has just stopped being ready and still serves. Awaited only before `last`.
 * - `late`: shortly before the end of the drain time; for long-lived connections whose clients should reconnect elsewhere.
 * - `close`: after the drain time; stop accepting and finish what is open.
 * - `last`: after everything above; connections to databases.
 */
export interface ClosingStep {
  name: string;
  when: "drain" | "late" | "close" | "last";
  run: () => unknown;
}

export interface LifecycleOptions {
  logger: Logger;
  /** Seconds to keep serving after SIGTERM, so that balancers notice first. */
  drainSeconds: number;
  /** Seconds that open work may take after the drain before it is cut off. @default 10 */
  finishSeconds?: number;
  /** Ends the process. @default process.exit */
  exit?: (code: number) => void;
}

/** `late` steps run this long before the drain ends, or at half of a shorter drain. Seconds. */
const LATE_SECONDS = 1;

/** The way from SIGTERM to exit 0: unready, serve on, close long-lived connections, finish open work, close pools. */
export class Lifecycle {
  readonly #options: Required<LifecycleOptions>;
  readonly #steps: ClosingStep[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: LifecycleOptions) {
    const { logger, drainSeconds, finishSeconds = 10, exit = (code) => process.exit(code) } = options;
    this.#options = { logger, drainSeconds, finishSeconds, exit };
  }

  /** True from the first signal on. */
  get draining(): boolean {
    return this.#stopping !== undefined;
  }

  /** Adds a step; steps of one moment start together. */
  add(step: ClosingStep): void {
    this.#steps.push(step);
  }

  /** Shuts down on SIGTERM and SIGINT. A second signal changes nothing: the drain is already bounded. */
  listen(): void {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void this.stop(signal));
  }

  /** Runs the shutdown once; later calls get the same promise. */
  stop(reason: string): Promise<void> {
    this.#stopping ??= this.#stop(reason);
    return this.#stopping;
  }

  async #stop(reason: string): Promise<void> {
    const { logger, drainSeconds, finishSeconds, exit } = this.#options;
    logger.info({ reason, drainSeconds }, "draining: not ready from now on, still serving");
    const failures: string[] = [];
    const draining = this.#run("drain", failures);
    const late = Math.min(LATE_SECONDS, drainSeconds / 2);
    await sleep((drainSeconds - late) * 1000);
    void this.#run("late", failures);
    await sleep(late * 1000);
    logger.info("drain time is over: finishing open work");
    // Closing pools gets its own time, so that work which was cut off does not also leave connections behind.
    await this.#within(finishSeconds, "open work", failures, Promise.all([draining, this.#run("close", failures)]));
    await this.#within(Math.min(finishSeconds, 5), "connections", failures, this.#run("last", failures));
    if (failures.length > 0) logger.error({ failures }, "stopped, but not cleanly");
    else logger.info("stopped");
    exit(failures.length > 0 ? 1 : 0);
  }

  async #run(when: ClosingStep["when"], failures: string[]): Promise<void> {
    const steps = this.#steps.filter((step) => step.when === when);
    await Promise.all(
      steps.map(async (step) => {
        try {
          await step.run();
        } catch (error) {
          failures.push(`${step.name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }),
    );
  }

  async #within(seconds: number, what: string, failures: string[], work: Promise<unknown>): Promise<void> {
    const limit = new AbortController();
    const timeout = sleep(seconds * 1000, "timeout", { signal: limit.signal }).catch(() => "done");
    if ((await Promise.race([work, timeout])) === "timeout") failures.push(`${what} did not finish within ${seconds} s`);
    limit.abort();
  }
}
