import { sleep } from "../../toolchain/process.mjs";

/** Task states that mean a replica did not come up or did not stay. */
const FAILED = /^(Failed|Rejected)/;

/** Milliseconds between two looks. */
const INTERVAL = 1500;

/** Lines of a failing replica's log that are kept. */
const LOG_LINES = 15;

/** Watches a deployment's tasks while it is updated, because the provider reports only that a service was rolled back. */
export class FailureWatch {
  /** First failing task of each service. @type {Map<string, {task: string, error: string, log: string}>} */
  first = new Map();
  #before = new Set();
  #stopped = false;
  #watching = Promise.resolve();

  /** @param {import("./docker.mjs").Docker} docker @param {string} name the deployment's name */
  constructor(docker, name) {
    this.docker = docker;
    this.name = name;
  }

  /** Takes note of what had failed before, then watches until {@link stop}. */
  async start() {
    for (const { task } of await this.#failing()) this.#before.add(task.ID);
    this.#watching = this.#watch();
  }

  /** Ends the watch after one last look. */
  async stop() {
    this.#stopped = true;
    await this.#watching;
  }

  async #watch() {
    for (;;) {
      const last = this.#stopped;
      // The engine may be the very thing that fails; pulumi then says so.
      await this.#look().catch(() => {});
      if (last) return;
      await sleep(INTERVAL);
    }
  }

  async #look() {
    for (const { service, task } of await this.#failing()) {
      if (this.first.has(service) || this.#before.has(task.ID)) continue;
      const log = await this.docker.attempt(["service", "logs", "--raw", "--tail", String(LOG_LINES), task.ID]);
      this.first.set(service, { task: task.Name, error: task.Error || task.CurrentState, log: (log.stdout + log.stderr).trim() });
    }
  }

  async #failing() {
    const services = await this.docker.services(this.name);
    const tasks = await Promise.all(
      services.map(async ({ Name }) => (await this.docker.tasks(Name)).map((task) => ({ service: Name, task }))),
    );
    return tasks.flat().filter(({ task }) => FAILED.test(task.CurrentState));
  }

  /** What a person needs to find the cause: each service's first failing task with its error and last log lines. */
  describe() {
    return [...this.first].map(([service, { task, error, log }]) => {
      const lines = log
        ? log
            .split("\n")
            .map((line) => `    ${line}`)
            .join("\n")
        : "    (it logged nothing)";
      return `${service}: task ${task} failed: ${error}\n  its last log lines:\n${lines}`;
    });
  }
}
