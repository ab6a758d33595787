// Bundles the daemon and its command line into one file for its image: no package manager is needed where it runs.
// Usage: node bundle.mjs [FOLDER]; the folder is emptied first and defaults to dist/bundle.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleProgram, PROGRAM_INPUTS, SMALL } from "../images/program.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** What the bundle is made of. */
export const inputs = [here, ...PROGRAM_INPUTS];

/**
 * What dockerode loads for builds with BuildKit and for engines over SSH, which nobody here asks for: a third of the process's memory.
 * @type {import("esbuild").Plugin}
 */
const unused = {
  name: "unused",
  setup(build) {
    build.onResolve({ filter: /^(@grpc\/grpc-js|@grpc\/proto-loader|ssh2)$/ }, ({ path }) => ({ path, namespace: "unused" }));
    build.onLoad({ filter: /.*/, namespace: "unused" }, () => ({ contents: "module.exports = {};" }));
  },
};

/**
 * Writes `autoscaler.js` into `folder`. Same sources and same dependencies, same bytes.
 *
 * @param {string} folder
 * @param {string} [entry] what to run; a benchmark has another beginning than the command line
 */
export async function bundle(folder, entry = join(here, "cli", "main.ts")) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await bundleProgram(entry, join(folder, "autoscaler.js"), { ...SMALL, plugins: [unused] });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await bundle(process.argv[2] ?? join(here, "dist", "bundle"));
