import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./ask";
import type { Nginx } from "./nginx";

/** One request of a steady load. */
export interface Outcome {
  /** When it was sent, and how long it took. Milliseconds. */
  at: number;
  took: number;
  /** Status, or what went wrong. */
  result: string;
  /** Address of the replica that answered; empty when none did. */
  replica: string;
}

/** GETs at a steady rate, each on a connection of its own and sent on time whether or not the ones before were answered. */
export class SteadyLoad {
  readonly outcomes: Outcome[] = [];
  readonly #open: Promise<void>[] = [];
  readonly #done: Promise<void>;
  #running = true;

  /** @param interval milliseconds between two requests */
  constructor(
    private readonly nginx: Nginx,
    private readonly interval = 20,
  ) {
    this.#done = this.#run();
  }

  /** Ends it. @returns every request, answered or not */
  async stop(): Promise<Outcome[]> {
    this.#running = false;
    await this.#done;
    await Promise.all(this.#open);
    return this.outcomes;
  }

  /** What was sent from that time on. */
  since(time: number): Outcome[] {
    return this.outcomes.filter(({ at }) => at >= time);
  }

  async #run(): Promise<void> {
    for (let next = Date.now(); this.#running; next += this.interval) {
      await sleep(Math.max(0, next - Date.now()));
      this.#open.push(this.#ask());
    }
  }

  async #ask(): Promise<void> {
    const at = Date.now();
    const [result, replica] = await ask(this.nginx, "/", { timeout: 30_000 }).then(
      ({ status, headers }) => [String(status), String(headers["x-replica"] ?? "")] as const,
      (error: Error) => [error.message, ""] as const,
    );
    this.outcomes.push({ at, took: Date.now() - at, result, replica });
  }
}
