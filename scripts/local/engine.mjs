import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { whyUnreachable } from "../../toolchain/docker/client.mjs";
import { layout } from "../../toolchain/docker/daemon.mjs";
import { ensureEngine } from "../../toolchain/docker/engine.mjs";
import { ensureSwarm } from "../../toolchain/docker/swarm.mjs";
import { ensureBaseImage } from "../../toolchain/images/base.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { paths } from "../../toolchain/paths.mjs";
import { buildImages } from "../../images/build.mjs";

/** @typedef {{host: string, clientBin: string}} Engine */

const record = () => join(paths().state, "engine-used.json");

/** The engine the stack was last brought up on; undefined when there was none. @returns {Engine | undefined} */
function recordedEngine() {
  return existsSync(record()) ? JSON.parse(readFileSync(record(), "utf8")) : undefined;
}

/** The address of the private engine. */
export const privateHost = () => `unix://${layout(paths().engine).socket}`;

/**
 * A reachable engine in Swarm mode, started if need be; remembered, so that later commands mean the same one.
 * @param {boolean} deployed whether a stack has been deployed, which then has to be on this engine
 * @returns {Promise<Engine>}
 * @throws ToolchainError when the stack is on another engine
 */
export async function openEngine(deployed) {
  const before = deployed ? recordedEngine() : undefined;
  const wanted = process.env.DOCKER_HOST;
  const same = before && (wanted === undefined || wanted === before.host) && (await engineInUse());
  const { host, clientBin } = same || (await ensureEngine({ home: paths().engine }));
  if (before && before.host !== host) {
    throw new ToolchainError(
      `DOCKER_HOST: the local stack was deployed on ${before.host}, but ${host} would be used now. ` +
        `Fix: make the first one reachable (DOCKER_HOST=${before.host}); or, to give it up with its data, delete ${paths().state}/local.`,
    );
  }
  await ensureSwarm({ host, clientBin });
  writeFileSync(record(), JSON.stringify({ host, clientBin }));
  return { host, clientBin };
}

/** The engine the stack was last brought up on, if it answers. @returns {Promise<Engine | undefined>} */
export async function engineInUse() {
  const engine = recordedEngine();
  return engine && (await whyUnreachable(engine.host)) === undefined ? engine : undefined;
}

/**
 * Builds the images that the engine does not have.
 * @param {string} host
 * @param {readonly string[]} [optional] images of parts that a stack need not have
 * @returns {Promise<Record<string, string>>} reference by image
 */
export async function ensureImages(host, optional = []) {
  const base = await ensureBaseImage({ host });
  const { IMAGE_NAMES } = await import("../../stacks/dist/environment.js");
  return buildImages({ host, base, only: [...IMAGE_NAMES, ...optional] });
}
