// Bundles kept outside the checkout: making one takes longer than everything else there is to do when no image has changed.
import { createHash, randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { paths } from "../toolchain/paths.mjs";

/** Bundles kept of one service. */
const KEPT = 3;
/** Not sources: outputs, dependencies (the lock file stands for them), and tests. */
const NOT_SOURCE = /^(dist|node_modules|testing)$|\.spec\.ts$/;

/**
 * Puts a module's bundle into `folder`: from the cache when nothing that it is made of has changed since it was made.
 *
 * @param {string} module Path of a module with `bundle(folder)` and, for the cache, `inputs`: the files and folders that the
 * bundle is made of, as absolute paths. One without `inputs` is bundled every time.
 * @param {string} folder
 * @param {string} [cache] Default `bundles` in the cache folder.
 */
export async function bundleInto(module, folder, cache = join(paths().cache, "bundles")) {
  /** @type {{ bundle: (folder: string) => Promise<void> | void, inputs?: string[] }} */
  const { bundle, inputs } = await import(pathToFileURL(module).href);
  if (inputs === undefined) {
    await bundle(folder);
    return;
  }
  const name = basename(dirname(module));
  const kept = join(cache, `${name}-${fingerprint(dirname(module), inputs)}`);
  if (!existsSync(kept)) {
    // Complete under another name first: a crash or a second process leaves no half bundle.
    const unfinished = join(cache, `unfinished-${randomUUID()}`);
    mkdirSync(cache, { recursive: true });
    try {
      await bundle(unfinished);
      renameSync(unfinished, kept);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      if (!existsSync(kept)) throw error;
    }
  }
  const now = new Date();
  utimesSync(kept, now, now);
  cpSync(kept, folder, { recursive: true });
  prune(cache, name);
}

/** @param {string} home Paths count from here, so that the place of the checkout does not matter. @param {string[]} inputs */
function fingerprint(home, inputs) {
  const hash = createHash("sha256");
  /** @param {string} path */
  const add = (path) => {
    if (NOT_SOURCE.test(basename(path))) return;
    if (statSync(path).isDirectory()) {
      for (const entry of readdirSync(path).sort()) add(join(path, entry));
      return;
    }
    const content = readFileSync(path);
    hash.update(JSON.stringify([relative(home, path), content.length])).update(content);
  };
  for (const input of inputs) add(input);
  return hash.digest("hex").slice(0, 16);
}

/** @param {string} cache @param {string} name */
function prune(cache, name) {
  const old = readdirSync(cache)
    .filter((entry) => entry.startsWith(`${name}-`))
    .map((entry) => ({ path: join(cache, entry), time: statSync(join(cache, entry), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.time - a.time)
    .slice(KEPT);
  for (const { path } of old) rmSync(path, { recursive: true, force: true });
}
