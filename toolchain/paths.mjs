// Where the product keeps what must not be in the checkout.
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/**
 * @typedef {object} Paths
 * @property {string} state What must survive: stack state, passphrases, the private engine with its volumes. Back this up.
 * @property {string} cache What can be made again: builds, downloads, base images, remembered answers. May be deleted at any time.
 * @property {string} engine The private Docker engine of the local stack (below `state`).
 * @property {string} built Finished builds, one folder per part, version and recipe (below `cache`).
 * @property {string} downloads Unpacked official downloads (below `cache`).
 * @property {string} pulumiHomes One PULUMI_HOME per set of CLI and plugins (below `cache`).
 * @property {string} answers Remembered "is unreachable" answers (below `cache`).
 * @property {string} locks Locks of builds and downloads (below `cache`).
 * @property {string} scratch Unfinished work; nothing here counts as made (below `cache`).
 * @property {string} baseImages Base image archives made on this machine (below `cache`).
 */

/**
 * Resolves all locations outside the checkout.
 *
 * State: `TESTBRO_HOME`, else `$XDG_STATE_HOME/testbro`, else `~/.local/state/testbro`.
 * Cache: `TESTBRO_CACHE`, else `$XDG_CACHE_HOME/testbro`, else `~/.cache/testbro`.
 * A relative XDG value is ignored, as the XDG Base Directory Specification demands; a relative TESTBRO_* value counts from
 * the working directory. An empty value is the same as none.
 *
 * @param {NodeJS.ProcessEnv} [env] Environment to read; default the process's.
 * @returns {Paths} Absolute paths; nothing is created.
 */
export function paths(env = process.env) {
  const state = env.TESTBRO_HOME ? resolve(env.TESTBRO_HOME) : join(xdg(env, "XDG_STATE_HOME", ".local/state"), "testbro");
  const cache = env.TESTBRO_CACHE ? resolve(env.TESTBRO_CACHE) : join(xdg(env, "XDG_CACHE_HOME", ".cache"), "testbro");
  return {
    state,
    cache,
    engine: join(state, "engine"),
    built: join(cache, "built"),
    downloads: join(cache, "downloads"),
    pulumiHomes: join(cache, "pulumi-homes"),
    answers: join(cache, "answers"),
    locks: join(cache, "locks"),
    scratch: join(cache, "scratch"),
    baseImages: join(cache, "base-images"),
  };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} variable
 * @param {string} fallback Below the home folder.
 */
function xdg(env, variable, fallback) {
  const value = env[variable];
  return value && isAbsolute(value) ? value : join(env.HOME || homedir(), fallback);
}
