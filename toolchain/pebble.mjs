// Pebble, Let's Encrypt's small ACME server for tests: https://github.com/letsencrypt/pebble
import { join } from "node:path";
import { paths } from "./paths.mjs";
import { find } from "./process.mjs";
import { buildPart } from "./pulumi/source.mjs";

/** @import { Part } from "./pulumi/recipe.mjs" */

/** The version that is built; the spec compares it with go.mod. */
export const PEBBLE = "2.10.1";

/** @type {Part} */
export const PEBBLE_PART = {
  name: "pebble",
  title: "Pebble",
  version: PEBBLE,
  sources: ["pebble"],
  compilations: [
    {
      module: "pebble",
      target: "github.com/letsencrypt/pebble/v2/cmd/pebble",
      binary: "pebble",
      tags: "",
      versionVariable: "main.version",
      version: PEBBLE,
    },
  ],
  scripts: {},
  seconds: 30,
};

/**
 * Where Pebble is: named by `PEBBLE`, on the PATH, or built from source into the cache.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string | undefined>} undefined where there is no Go to build it with; the specs then say so and skip
 */
export async function ensurePebble(env = process.env) {
  const known = env.PEBBLE || find("pebble", env);
  if (known) return known;
  if (!find("go", env)) return undefined;
  return join(await buildPart(PEBBLE_PART, { paths: paths(env), env }), "pebble");
}
