import type { App } from "../swarm/app";

/** Requests per second of each kind; together enough for every series to move. */
const PACE_MS = 100;

/** People who use the app until they are told to stop: pages, the API, jobs and WebSockets, now and then something that is not there. */
export class Users {
  #stopped = false;
  #running: Promise<unknown>;

  constructor(app: App) {
    this.#running = Promise.all([this.#use(app, 0), this.#use(app, 1)]);
  }

  async #use(app: App, person: number): Promise<void> {
    for (let turn = person; !this.#stopped; turn += 1) {
      const asked = [
        () => app.request("/"),
        () => app.request("/api/runs"),
        () => app.request("/api/runs", { method: "POST", body: { name: "watched" } }),
        () => app.request("/api/jobs", { method: "POST", body: { milliseconds: 50 } }),
        () => app.request("/api/not-there"),
        () => app.echo("hello"),
      ][turn % 6];
      // What fails is for the metrics to tell.
      await asked?.().catch(() => undefined);
      await new Promise((next) => setTimeout(next, PACE_MS));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }
}
