// Bundles the program into one file for its image. Usage: node bundle.mjs [FOLDER]; the folder is emptied first and defaults to dist/bundle.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

/** What the bundle is made of. */
export const inputs = [here, join(here, "..", "package-lock.json")];

/**
 * Writes `discovery.js` into `folder`. Same sources, same bytes.
 *
 * @param {string} folder
 */
export async function bundle(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(here, "main.ts")],
    outfile: join(folder, "discovery.js"),
    absWorkingDir: join(here, ".."),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    charset: "utf8",
    logLevel: "warning",
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await bundle(process.argv[2] ?? join(here, "dist", "bundle"));
