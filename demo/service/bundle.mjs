// How every service is bundled: one CommonJS file for Node.js 20.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What every bundle is made of beside its service's folder: the shared sources, how they are compiled, and the lock file for dependencies and bundler. */
export const SHARED_INPUTS = [".", "../../tsconfig.base.json", "../../package-lock.json"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Bundles `entry` into `outfile`. Paths in the output are relative to the repository, so the bytes do not depend on where it is checked out. */
export async function bundleService(entry, outfile) {
  await build({
    entryPoints: [entry],
    outfile,
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    charset: "utf8",
    legalComments: "eof",
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    alias: { "@testbro/demo-service": fileURLToPath(new URL("./index.ts", import.meta.url)) },
    // Optional native accelerators, loaded in a try; their JavaScript counterparts are in the bundle.
    external: ["pg-native", "msgpackr-extract", "bufferutil", "utf-8-validate"],
    logLevel: "warning",
  });
}
