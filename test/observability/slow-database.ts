import type { Engine } from "../swarm/engine";

/** Makes everybody who wants the runs wait, as a forgotten transaction or a migration would. */
export class SlowDatabase {
  #slow = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly engine: () => Engine,
    private readonly service: () => string,
  ) {}

  /** @param seconds for which the table is locked each time */
  start(seconds: number): void {
    this.#slow = true;
    const lock = `BEGIN; LOCK TABLE runs IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(${seconds}); COMMIT`;
    this.#running = (async () => {
      while (this.#slow) {
        const container = await this.engine().container(this.service());
        await this.engine().attempt("exec", container, "psql", "--quiet", "--username=postgres", "--dbname=testbro", "--command", lock);
        // Those who wait get their turn.
        await new Promise((next) => setTimeout(next, 200));
      }
    })();
  }

  async stop(): Promise<void> {
    this.#slow = false;
    await this.#running;
  }
}
