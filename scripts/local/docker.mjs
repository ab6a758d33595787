import { must, run, sleep } from "../../toolchain/process.mjs";

import { owner, OWNER_LABEL } from "./owner.mjs";

/** Label of everything that belongs to a deployment; its value is the deployment's name. */
const STACK_LABEL = "com.docker.stack.namespace";

/** Milliseconds after which an engine that does not answer counts as hanging. */
const ANSWER_TIMEOUT = 30_000;

/** Milliseconds that an object may stay in use by a container that is stopping. */
const REMOVAL_TIMEOUT = 90_000;

/** @param {string} name @returns {string[]} filters for this owner's objects of a deployment */
const ours = (name) => ["--filter", `label=${STACK_LABEL}=${name}`, "--filter", `label=${OWNER_LABEL}=${owner()}`];

/** The docker client of one engine. */
export class Docker {
  /** @param {string} host address of the engine @param {string} bin path of the client */
  constructor(host, bin) {
    this.env = { ...process.env, DOCKER_HOST: host };
    this.host = host;
    this.bin = bin;
  }

  /** Standard output of a docker command. @param {string[]} args @throws ToolchainError with its error output */
  read(args) {
    return must(this.bin, args, { env: this.env, timeout: ANSWER_TIMEOUT, what: `docker ${args.slice(0, 2).join(" ")}` });
  }

  /** Lines of a docker command's standard output, empty ones left out. @param {string[]} args */
  async lines(args) {
    return (await this.read(args)).split("\n").filter(Boolean);
  }

  /** Result of a docker command that may fail. @param {string[]} args */
  attempt(args) {
    return run(this.bin, args, { env: this.env, timeout: ANSWER_TIMEOUT });
  }

  /** Output of a docker command with `--format json`, one object a line. @param {string[]} args @returns {Promise<any[]>} */
  async list(args) {
    return (await this.lines([...args, "--format", "{{json .}}"])).map((line) => JSON.parse(line));
  }

  /** Services of a deployment. @param {string} name @returns {Promise<{ID: string, Name: string, Replicas: string, Mode: string}[]>} */
  services(name) {
    return this.list(["service", "ls", ...ours(name)]);
  }

  /** What the engine knows of the services of a deployment. @param {string} name @returns {Promise<any[]>} */
  async inspectServices(name) {
    const ids = await this.own("service", name);
    return ids.length === 0 ? [] : JSON.parse(await this.read(["service", "inspect", ...ids]));
  }

  /** Ids of this owner's objects of a deployment. @param {string} kind e.g. "network" @param {string} name @returns {Promise<string[]>} */
  own(kind, name) {
    return this.lines([kind, "ls", "--quiet", ...ours(name)]);
  }

  /** Objects with a deployment's name, whoever made them. @param {"service" | "volume"} kind @param {string} name @returns {Promise<{name: string, owner: string}[]>} */
  async named(kind, name) {
    const found = await this.lines([kind, "ls", "--quiet", "--filter", `label=${STACK_LABEL}=${name}`]);
    if (found.length === 0) return [];
    const path = kind === "service" ? ".Spec" : "";
    const format = `{{${path}.Name}} {{index ${path}.Labels "${OWNER_LABEL}"}}`;
    const lines = await this.lines([kind, "inspect", "--format", format, ...found]);
    return lines.map((line) => ({ name: line.split(" ")[0] ?? "", owner: line.split(" ")[1] ?? "" }));
  }

  /** Removes this owner's objects of a deployment, waiting for those still in use. @param {string} kind @param {string[]} ids @returns {Promise<string[]>} what could not be removed */
  async remove(kind, ids) {
    const deadline = Date.now() + REMOVAL_TIMEOUT;
    let left = ids;
    while (left.length > 0) {
      const results = await Promise.all(left.map(async (id) => ({ id, result: await this.attempt([kind, "rm", id]) })));
      left = results.filter(({ result }) => result.code !== 0 && !/no such|not found/i.test(result.stderr)).map(({ id }) => id);
      if (left.length === 0 || Date.now() > deadline) break;
      await sleep(1000);
    }
    return left;
  }

  /**
   * Tasks of services, newest first, each with its service's name.
   * @param {string[]} services
   * @returns {Promise<{service: string, task: any}[]>}
   */
  async tasks(services) {
    if (services.length === 0) return [];
    const tasks = await this.list(["service", "ps", "--no-trunc", ...services]);
    // A task is named after its service and its slot or node; the client marks earlier ones of a slot with "\_ ".
    return tasks.map((task) => {
      const name = task.Name.replace(/^[\s\\_]+/, "");
      return { service: name.slice(0, name.lastIndexOf(".")), task: { ...task, Name: name } };
    });
  }
}
