import type { Engine } from "../swarm/engine";

/** Time in which a replica that has started is seen by Prometheus before it is killed again: DNS, a scrape, and a slow machine; milliseconds. */
const LIFE = 15_000;

/** Kills every replica of a service a while after it has started, as a defect that shows after some seconds would. */
export class CrashLoop {
  #crashing = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly engine: () => Engine,
    private readonly service: () => string,
  ) {}

  start(): void {
    this.#crashing = true;
    const seen = new Map<string, number>();
    this.#running = (async () => {
      while (this.#crashing) {
        for (const id of await this.engine().containers(this.service())) {
          const since = seen.get(id) ?? Date.now();
          seen.set(id, since);
          if (Date.now() - since >= LIFE) await this.engine().attempt("kill", id);
        }
        await new Promise((next) => setTimeout(next, 1000));
      }
    })();
  }

  async stop(): Promise<void> {
    this.#crashing = false;
    await this.#running;
  }
}
