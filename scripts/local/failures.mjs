import { sleep } from "../../toolchain/process.mjs";

/**
 * Task states that mean a replica did not come up or did not stay. `Complete` is one of them for anything but a job: a replica
 * that Swarm stops because it never got healthy, and that then shuts down in good order, ends with exit code 0 and no error.
 */
const FAILED = /^(Failed|Rejected|Complete)/;

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
      this.first.set(service, { task: task.Name, error: await this.#cause(task), log: (log.stdout + log.stderr).trim() });
    }
  }

  /** The task's own error, else what its container's health check said last. */
  async #cause(task) {
    if (task.Error) return task.Error;
    const { stdout: container } = await this.docker.attempt([
      "inspect",
      "--type",
      "task",
      "--format",
      "{{.Status.ContainerStatus.ContainerID}}",
      task.ID,
    ]);
    const { code, stdout } = await this.docker.attempt(["inspect", "--format", "{{json .State.Health}}", container.trim()]);
    const health = code === 0 ? JSON.parse(stdout) : undefined;
    if (health?.Status !== "unhealthy") return `it ended although it should run on (${task.CurrentState})`;
    const { ExitCode, Output } = health.Log.at(-1) ?? {};
    return `unhealthy: its health check failed ${health.FailingStreak} times in a row, last with exit code ${ExitCode}: ${Output?.trim() || "(no output)"}`;
  }

  async #failing() {
    const services = (await this.docker.services(this.name)).filter(({ Mode }) => !Mode?.includes("job"));
    const tasks = await this.docker.tasks(services.map(({ Name }) => Name));
    return tasks.filter(({ task }) => FAILED.test(task.CurrentState));
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
