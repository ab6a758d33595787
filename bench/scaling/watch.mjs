// What the engine, the replicas and the auto-scaler say while something happens, with the time.
import { setTimeout as sleep } from "node:timers/promises";
import { App } from "../../test/dist/swarm/app.js";

/** Milliseconds between two looks. */
const LOOK = 500;

/** Milliseconds for which a replica that has answered counts as serving. */
const SEEN = 4000;

/**
 * One look.
 * @typedef {object} Look
 * @property {number} at milliseconds since 1970
 * @property {number} desired replicas asked for
 * @property {number} running tasks that run
 * @property {number} serving replicas that answered requests just now
 * @property {string} rollout state of Swarm's update
 * @property {boolean} bad whether the service's specification is the bad release's
 */

/** Looks at a service until it is stopped. */
export class Watch {
  /** @type {Look[]} */
  looks = [];
  /** @type {Map<string, number>} */
  #seen = new Map();
  #stopped = false;
  /** @type {Promise<void>[]} */
  #work;

  /** @param {import("../failures/scenarios.mjs").Bench} bench @param {string} service */
  constructor(bench, service) {
    const app = new App(bench.status);
    this.#work = [this.#look(bench, service), this.#ask(app)];
  }

  async #look({ engine }, service) {
    const format =
      "{{.Spec.Mode.Replicated.Replicas}} {{with .UpdateStatus}}{{.State}}{{else}}none{{end}} {{json .Spec.TaskTemplate.ContainerSpec.Env}}";
    while (!this.#stopped) {
      const [{ stdout = "" }, tasks] = await Promise.all([
        engine.attempt("service", "inspect", "--format", format, service),
        engine.tasks(service).catch(() => []),
      ]);
      const [desired = "0", rollout = "none"] = stdout.split(" ");
      const at = Date.now();
      const running = tasks.filter(({ CurrentState }) => CurrentState.startsWith("Running")).length;
      const serving = [...this.#seen.values()].filter((time) => at - time < SEEN).length;
      this.looks.push({ at, desired: Number(desired), running, serving, rollout, bad: stdout.includes("FAULT=") });
      await sleep(LOOK);
    }
  }

  /** Asks for the name of whoever answers, in turns that find every replica. @param {App} app */
  async #ask(app) {
    while (!this.#stopped) {
      try {
        const { replica } = await app.json("/api/whoami");
        this.#seen.set(replica, Date.now());
      } catch {
        // The load client counts failures; this one only looks who is there.
      }
      await sleep(100);
    }
  }

  get last() {
    return this.looks.at(-1);
  }

  /** The first look since a moment that is as wanted, waiting for it. @param {number} since @param {(look: Look) => boolean} wanted @param {number} seconds */
  async until(since, wanted, seconds) {
    for (const end = Date.now() + seconds * 1000; ;) {
      const found = this.looks.find((look) => look.at >= since && wanted(look));
      if (found) return found;
      if (Date.now() > end) throw new Error(`not within ${seconds} s; last seen: ${JSON.stringify(this.last)}`);
      await sleep(LOOK);
    }
  }

  async stop() {
    this.#stopped = true;
    await Promise.all(this.#work);
  }
}
