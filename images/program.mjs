// How every program of ours is bundled for its image: one CommonJS file for Node.js 20, so that no package manager is needed where it runs.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What every bundle is made of beside its own sources: how it is made, and the lock file for dependencies and bundler. */
export const PROGRAM_INPUTS = [fileURLToPath(import.meta.url), fileURLToPath(new URL("../package-lock.json", import.meta.url))];

/** Fewer bytes to load, with the licences of what is in it at the end. */
export const SMALL = /** @type {const} */ ({ legalComments: "eof", minifySyntax: true, minifyWhitespace: true });

/**
 * Bundles `entry` into `outfile`. Same sources and same dependencies, same bytes: paths in the output are relative to the repository, so
 * they do not depend on where it is checked out.
 *
 * @param {string} entry
 * @param {string} outfile
 * @param {import("esbuild").BuildOptions} [more] what this program needs besides
 */
export async function bundleProgram(entry, outfile, more = {}) {
  await build({
    entryPoints: [entry],
    outfile,
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    charset: "utf8",
    logLevel: "warning",
    ...more,
  });
}
