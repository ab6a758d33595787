// Bundles the program into one file for its image. Usage: node bundle.mjs [FOLDER]; the folder is emptied first and defaults to dist/bundle.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleProgram, PROGRAM_INPUTS } from "../images/program.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** What the bundle is made of. */
export const inputs = [here, ...PROGRAM_INPUTS];

/**
 * Writes `discovery.js` into `folder`. Same sources, same bytes.
 *
 * @param {string} folder
 */
export async function bundle(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await bundleProgram(join(here, "main.ts"), join(folder, "discovery.js"));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await bundle(process.argv[2] ?? join(here, "dist", "bundle"));
