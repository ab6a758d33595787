import { must, run } from "../../toolchain/process.mjs";

/** Label of everything that belongs to a deployment; its value is the deployment's name. */
export const STACK_LABEL = "com.docker.stack.namespace";

/** Milliseconds after which an engine that does not answer counts as hanging. */
const ANSWER_TIMEOUT = 30_000;

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

  /** Result of a docker command that may fail. @param {string[]} args */
  attempt(args) {
    return run(this.bin, args, { env: this.env, timeout: ANSWER_TIMEOUT });
  }

  /** Output of a docker command with `--format json`, one object a line. @param {string[]} args @returns {Promise<any[]>} */
  async list(args) {
    const output = await this.read([...args, "--format", "{{json .}}"]);
    return output
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  /** Services of a deployment. @param {string} name @returns {Promise<{ID: string, Name: string, Replicas: string, Mode: string}[]>} */
  services(name) {
    return this.list(["service", "ls", "--filter", `label=${STACK_LABEL}=${name}`]);
  }

  /** Tasks of a service, newest first. @param {string} service @returns {Promise<any[]>} */
  tasks(service) {
    return this.list(["service", "ps", "--no-trunc", service]);
  }
}
