import { ensureEngine, ensureSwarm } from "../../toolchain/docker/engine.mjs";
import { ensureBaseImage } from "../../toolchain/images/base.mjs";
import { paths } from "../../toolchain/paths.mjs";
import { buildImages } from "../../images/build.mjs";

/** A reachable engine in Swarm mode. @returns {Promise<{host: string, clientBin: string}>} */
export async function openEngine() {
  const engine = await ensureEngine({ home: paths().state });
  await ensureSwarm({ host: engine.host });
  return engine;
}

/** Builds the images that the engine does not have. @returns {Promise<Record<string, string>>} reference by image */
export async function ensureImages(host) {
  const base = await ensureBaseImage({ host });
  return buildImages({ host, base });
}
