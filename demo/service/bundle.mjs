// How every service is bundled.
import { fileURLToPath } from "node:url";
import { bundleProgram, PROGRAM_INPUTS, SMALL } from "../../images/program.mjs";

/** What every bundle is made of beside its service's folder: the shared sources, how they are compiled, and the lock file for dependencies and bundler. */
export const SHARED_INPUTS = [
  ...[".", "../../tsconfig.base.json"].map((path) => fileURLToPath(new URL(path, import.meta.url))),
  ...PROGRAM_INPUTS,
];

/** Bundles `entry` into `outfile`. */
export async function bundleService(entry, outfile) {
  await bundleProgram(entry, outfile, {
    ...SMALL,
    keepNames: true,
    alias: { "@testbro/demo-service": fileURLToPath(new URL("./index.ts", import.meta.url)) },
    // Optional native accelerators, loaded in a try; their JavaScript counterparts are in the bundle.
    external: ["pg-native", "msgpackr-extract", "bufferutil", "utf-8-validate"],
  });
}
