// The engine that images are built in.
import { DEFAULT_HOST, dockerClient, withoutHost } from "../toolchain/docker/client.mjs";
import { ToolchainError } from "../toolchain/errors.mjs";
import { lastLines, run } from "../toolchain/process.mjs";

/** @import { Result, RunOptions } from "../toolchain/process.mjs" */

/** Asks one engine through the docker client. */
export class Engine {
  /**
   * @param {{ host?: string | undefined, clientBin?: string | undefined }} [options] `host`: the engine's address, default DOCKER_HOST, else the
   * system's engine. `clientBin`: path of the docker client, default the one on PATH.
   * @throws {ToolchainError} When there is no docker client.
   */
  constructor({ host = process.env.DOCKER_HOST || DEFAULT_HOST, clientBin = dockerClient() } = {}) {
    if (!clientBin) throw new ToolchainError("The docker client is needed to build images; install it (Debian: docker.io or docker-cli).");
    this.host = host;
    this.clientBin = clientBin;
  }

  /**
   * Runs the docker client on this engine. Does not throw for a failing command: look at `code`.
   *
   * @param {string[]} args
   * @param {RunOptions} [options]
   * @returns {Promise<Result>}
   */
  docker(args, options = {}) {
    // The engine's own builder: others do not see the engine's images, and BASE may be one of them.
    const env = { ...withoutHost(process.env), BUILDX_BUILDER: "default" };
    return run(this.clientBin, ["--host", this.host, ...args], { env, timeout: 60_000, ...options });
  }

  /**
   * @returns {Promise<Set<string>>} References of the images of this product that the engine has.
   * @throws {ToolchainError} When the engine does not answer.
   */
  async images() {
    const filter = ["--filter", "reference=testbro/*", "--format", "{{.Repository}}:{{.Tag}}"];
    const { code, stdout, stderr } = await this.docker(["image", "ls", ...filter]);
    if (code !== 0) throw new ToolchainError(`The Docker engine at ${this.host} does not answer:\n${lastLines(stderr, 3)}`);
    return new Set(stdout.split("\n").filter(Boolean));
  }

  /**
   * @param {string} reference
   * @returns {Promise<boolean>} Whether the engine has this image.
   * @throws {ToolchainError} When the engine does not answer.
   */
  async has(reference) {
    const { code, stderr } = await this.docker(["image", "inspect", "--format", "{{.Id}}", reference]);
    if (code === 0) return true;
    if (/no such image/i.test(stderr)) return false;
    throw new ToolchainError(`The Docker engine at ${this.host} does not answer:\n${lastLines(stderr, 3)}`);
  }
}
