// Built images kept as files outside the checkout, so that a fresh engine loads them instead of building them again.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { ToolchainError } from "../toolchain/errors.mjs";
import { paths } from "../toolchain/paths.mjs";
import { lastLines } from "../toolchain/process.mjs";

/** Archives kept of one image: the one in use, and the one before it for a way back. */
const KEPT = 2;
/** An unfinished archive older than this belongs to a process that was killed. Milliseconds. */
const ABANDONED = 3600_000;

/** A folder of `docker save` archives named after image and content hash. */
export class Archive {
  /** @param {string} [folder] Default `images` in the cache folder. */
  constructor(folder = join(paths().cache, "images")) {
    this.folder = folder;
  }

  /** @param {string} name @param {string} hash */
  #path(name, hash) {
    return join(this.folder, `${name}-${hash}.tar`);
  }

  /**
   * Loads an image into an engine.
   *
   * @param {import("./engine.mjs").Engine} engine
   * @param {string} name
   * @param {string} hash
   * @returns {Promise<boolean>} False when there is no usable archive; one that cannot be loaded is removed.
   */
  async load(engine, name, hash) {
    const path = this.#path(name, hash);
    if (!existsSync(path)) return false;
    const { code } = await engine.docker(["load", "--quiet", "--input", path], { timeout: 600_000 });
    if (code !== 0) {
      rmSync(path, { force: true });
      return false;
    }
    const now = new Date();
    utimesSync(path, now, now);
    return true;
  }

  /**
   * Saves an image and removes all but the newest archives of its name. A crash leaves no half archive under a final name.
   *
   * @param {import("./engine.mjs").Engine} engine
   * @param {string} reference
   * @param {string} name
   * @param {string} hash
   */
  async save(engine, reference, name, hash) {
    mkdirSync(this.folder, { recursive: true });
    const path = this.#path(name, hash);
    const unfinished = `${path}.${process.pid}.unfinished`;
    try {
      const { code, stderr } = await engine.docker(["save", "--output", unfinished, reference], { timeout: 600_000 });
      if (code !== 0) throw new ToolchainError(`Saving ${reference} failed:\n${lastLines(stderr, 3)}`);
      renameSync(unfinished, path);
    } finally {
      rmSync(unfinished, { force: true });
    }
    this.prune(name);
  }

  /** Removes archives of an image that are neither the newest nor in recent use. @param {string} name */
  prune(name) {
    const mine = readdirSync(this.folder)
      .filter((file) => file.startsWith(`${name}-`) && /^[0-9a-f]{16}\.tar/.test(file.slice(name.length + 1)))
      .map((file) => ({ path: join(this.folder, file), time: statSync(join(this.folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .sort((a, b) => b.time - a.time);
    const finished = mine.filter(({ path }) => path.endsWith(".tar"));
    const abandoned = mine.filter(({ path, time }) => !path.endsWith(".tar") && Date.now() - time > ABANDONED);
    for (const { path } of [...finished.slice(KEPT), ...abandoned]) rmSync(path, { force: true });
  }
}
