import { progress } from "../../toolchain/progress.mjs";
import { sleep } from "../../toolchain/process.mjs";

/** States in which Swarm still replaces replicas. */
const UNDER_WAY = /^(updating|rollback_started)$/;

/** States in which a release did not make it. */
const FAILED = /^(rollback_completed|rollback_paused|paused)$/;

/** Milliseconds between two looks. */
const INTERVAL = 1000;

/** Milliseconds Swarm may take to begin an update it was given; a busy manager needs seconds. */
const BEGIN_TIMEOUT = 30_000;

/** Milliseconds after which an update that is still under way is left to itself. The longest of this product is 12 minutes. */
const END_TIMEOUT = 900_000;

/**
 * How Swarm's update of a service stands.
 * @typedef {object} Rollout
 * @property {string} service
 * @property {string} state `begins` for an update that was given and not begun, else Swarm's own word, or ""
 * @property {number} version changes with every change of the service
 * @property {string} startedAt
 * @property {string} message
 */

/** @param {any} inspected a service as the engine describes it @returns {Rollout} */
function rolloutOf({ Spec, PreviousSpec, UpdateStatus, Version }) {
  const { State = "", StartedAt = "", Message = "" } = UpdateStatus ?? {};
  // Swarm forgets the status of the last update when it is given another one; only a changed task is rolled out.
  const given = State === "" && PreviousSpec && JSON.stringify(PreviousSpec.TaskTemplate) !== JSON.stringify(Spec.TaskTemplate);
  return { service: Spec.Name, state: given ? "begins" : State, version: Version.Index, startedAt: StartedAt, message: Message };
}

/**
 * The rollouts of one deployment. The provider takes a service for updated when it asks before a busy manager has begun, so that a
 * release which is rolled back later would pass for a good one.
 */
export class Rollouts {
  #before = new Map();

  /** @param {import("./docker.mjs").Docker} docker @param {string} name the deployment's name */
  constructor(docker, name) {
    this.docker = docker;
    this.name = name;
  }

  /** Takes note of how earlier updates ended. */
  async start() {
    for (const rollout of await this.#look()) this.#before.set(rollout.service, rollout);
  }

  /**
   * Waits until no service is being updated.
   * @returns {Promise<string[]>} what became of those whose new release did not stay
   */
  async settle() {
    const started = Date.now();
    let told = false;
    for (;;) {
      const waited = Date.now() - started;
      const rollouts = await this.#look();
      const open = rollouts.filter((each) => UNDER_WAY.test(each.state) || (this.#begins(each) && waited < BEGIN_TIMEOUT));
      if (open.length === 0 || waited > END_TIMEOUT) return rollouts.filter((each) => this.#failed(each)).map(describe);
      if (!told && waited > 2000) {
        progress.line(`Waiting for the update of ${open.map(({ service }) => service).join(", ")} …`);
        told = true;
      }
      await sleep(INTERVAL);
    }
  }

  /** Some changes, e.g. of where replicas may run, ask for no new ones; those of an earlier deployment are none of this one's. @param {Rollout} rollout */
  #begins({ service, state, version }) {
    return state === "begins" && this.#before.get(service)?.version !== version;
  }

  /** @param {Rollout} rollout */
  #failed({ service, state, startedAt }) {
    return FAILED.test(state) && this.#before.get(service)?.startedAt !== startedAt;
  }

  async #look() {
    return (await this.docker.inspectServices(this.name)).map(rolloutOf);
  }
}

/** @param {Rollout} rollout */
function describe({ service, state, message }) {
  const what = state === "rollback_completed" ? "Swarm rolled it back" : `its update stopped (${state})`;
  return `${service}: the new release failed and ${what}${message ? `: ${message}` : ""}.`;
}
