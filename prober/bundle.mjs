// Bundles the prober into one file for the balancer's image: no package manager is needed where it runs.
// Usage: node bundle.mjs [FOLDER]; the folder is emptied first and defaults to dist/bundle.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleProgram, PROGRAM_INPUTS, SMALL } from "../images/program.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** What the bundle is made of. */
export const inputs = [here, ...PROGRAM_INPUTS];

/** Writes `prober.js` into `folder`. Same sources and same dependencies, same bytes. */
export async function bundle(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await bundleProgram(join(here, "main.ts"), join(folder, "prober.js"), SMALL);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await bundle(process.argv[2] ?? join(here, "dist", "bundle"));
