// Where the toolchain's programs may come from.
import { ToolchainError } from "./errors.mjs";

/**
 * `auto`: what is there, else the official download, else a build from source; `official`, `source`: only that.
 *
 * @typedef {"auto" | "official" | "source"} Mode
 */

/** @type {readonly string[]} */
const MODES = ["auto", "official", "source"];

/**
 * The mode to use: the given one, else the environment variable TESTBRO_TOOLCHAIN, else `auto`.
 *
 * @param {string | undefined} given
 * @param {NodeJS.ProcessEnv} env
 * @returns {Mode}
 * @throws {ToolchainError} When it is none.
 */
export function toolchainMode(given, env) {
  const mode = given ?? env.TESTBRO_TOOLCHAIN ?? "auto";
  if (MODES.includes(mode)) return /** @type {Mode} */ (mode);
  throw new ToolchainError(`TESTBRO_TOOLCHAIN is "${mode}"; set it to one of ${MODES.join(", ")}, or leave it out for auto.`);
}
