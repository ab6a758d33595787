import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { whyUnreachable } from "../../toolchain/docker/client.mjs";
import { ensureEngine } from "../../toolchain/docker/engine.mjs";
import { ensureSwarm } from "../../toolchain/docker/swarm.mjs";
import { ensureBaseImage } from "../../toolchain/images/base.mjs";
import { paths } from "../../toolchain/paths.mjs";
import { buildImages } from "../../images/build.mjs";

/** @typedef {{host: string, clientBin: string}} Engine */

const record = () => join(paths().state, "engine-used.json");

/** A reachable engine in Swarm mode, started if need be; remembered, so that later commands mean the same one. @returns {Promise<Engine>} */
export async function openEngine() {
  const { host, clientBin } = await ensureEngine({ home: paths().engine });
  await ensureSwarm({ host, clientBin });
  writeFileSync(record(), JSON.stringify({ host, clientBin }));
  return { host, clientBin };
}

/** The engine the stack was last brought up on; undefined when there was none or it does not answer. @returns {Promise<Engine | undefined>} */
export async function engineInUse() {
  if (!existsSync(record())) return undefined;
  const engine = JSON.parse(readFileSync(record(), "utf8"));
  return (await whyUnreachable(engine.host)) === undefined ? engine : undefined;
}

/** Builds the images that the engine does not have. @returns {Promise<Record<string, string>>} reference by image */
export async function ensureImages(host) {
  const base = await ensureBaseImage({ host });
  const { IMAGE_NAMES } = await import("../../stacks/dist/environment.js");
  return buildImages({ host, base, only: [...IMAGE_NAMES] });
}
