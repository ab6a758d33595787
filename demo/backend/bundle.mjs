// Bundles the backend into one file with its migrations: no package manager is needed where it runs.
// Usage: node bundle.mjs [FOLDER]; the folder is emptied first and defaults to dist/bundle.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleService, SHARED_INPUTS } from "../service/bundle.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** What the bundle is made of. */
export const inputs = [here, ...SHARED_INPUTS];

/** Writes `server.js` and `migrations/` into `folder`. Same sources and same dependencies, same bytes. */
export async function bundle(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await bundleService(join(here, "server.ts"), join(folder, "server.js"));
  cpSync(join(here, "migrations"), join(folder, "migrations"), { recursive: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await bundle(process.argv[2] ?? join(here, "dist", "bundle"));
