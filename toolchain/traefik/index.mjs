// Finds or gets Traefik's program. As a program it prints its path: node toolchain/traefik/index.mjs
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Answers } from "../answers.mjs";
import { ToolchainError } from "../errors.mjs";
import { toolchainMode } from "../mode.mjs";
import { paths as defaultPaths } from "../paths.mjs";
import { progress as defaultProgress } from "../progress.mjs";
import { buildPart, finishedBuild } from "../pulumi/source.mjs";
import { downloadedTraefik, downloadTraefik } from "./official.mjs";
import { TRAEFIK_PART } from "./recipe.mjs";

/** @import { Paths } from "../paths.mjs" */
/** @import { Progress } from "../progress.mjs" */

/**
 * @typedef {object} TraefikOptions
 * @property {string} [mode] `auto`: the official release, else a build from source; `official`, `source`: only that. Default: the
 * environment variable TESTBRO_TOOLCHAIN, else `auto`.
 * @property {NodeJS.ProcessEnv} [env] Default the process's.
 * @property {Paths} [paths]
 * @property {Progress} [progress]
 * @property {string} [sources] Go sources, for tests.
 */

/**
 * Finds or gets Traefik for Linux; what was got once is kept in the cache, and a second call takes milliseconds.
 *
 * @param {TraefikOptions} [options]
 * @returns {Promise<{ program: string, origin: "official" | "source" }>} Path of the program. Only the official one has the dashboard's page.
 * @throws {ToolchainError} When none of the ways works: what each one lacks.
 */
export async function ensureTraefik(options = {}) {
  const env = options.env ?? process.env;
  const progress = options.progress ?? defaultProgress;
  const paths = options.paths ?? defaultPaths(env);
  const mode = toolchainMode(options.mode, env);
  const context = { paths, env, progress, answers: new Answers(paths.answers), ...(options.sources ? { sources: options.sources } : {}) };
  const official = (/** @type {string} */ folder) => ({ program: join(folder, "traefik"), origin: /** @type {const} */ ("official") });
  const source = (/** @type {string} */ folder) => ({ program: join(folder, "traefik"), origin: /** @type {const} */ ("source") });

  if (mode !== "source") {
    const downloaded = downloadedTraefik(paths);
    if (downloaded) return official(downloaded);
  }
  if (mode !== "official") {
    const built = finishedBuild(TRAEFIK_PART, context);
    if (built) return source(built);
  }
  /** @type {string[]} */
  const tried = [];
  if (mode !== "source") {
    try {
      return official(await downloadTraefik(context));
    } catch (error) {
      if (!(error instanceof ToolchainError)) throw error;
      tried.push(`the official release: ${error.message}`);
    }
  }
  if (mode !== "official") {
    try {
      return source(await buildPart(TRAEFIK_PART, context));
    } catch (error) {
      if (!(error instanceof ToolchainError)) throw error;
      tried.push(`a build from source: ${error.message}`);
    }
  }
  throw new ToolchainError(
    `Traefik ${TRAEFIK_PART.version} is needed and could not be had:\n${tried.map((line) => `  - ${line}`).join("\n")}`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    console.log((await ensureTraefik()).program);
  } catch (error) {
    console.error(error instanceof ToolchainError ? error.message : error);
    process.exitCode = 1;
  }
}
