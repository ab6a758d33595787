// Finds or gets a Pulumi CLI and the plugins of this product.
import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { Answers } from "../answers.mjs";
import { ToolchainError } from "../errors.mjs";
import { toolchainMode } from "../mode.mjs";
import { paths as defaultPaths } from "../paths.mjs";
import { find, run } from "../process.mjs";
import { progress as defaultProgress } from "../progress.mjs";
import { hasPlugin, placePlugin, pulumiHome, usersPlugin } from "./home.mjs";
import { askPulumi, downloadCli, downloadedCli, installPlugin } from "./official.mjs";
import { keyOf, partNamed } from "./recipe.mjs";
import { buildPart, finishedBuild } from "./source.mjs";
import { CLI, compareVersions, OLDEST_CLI, PLUGINS, PLUGINS_ON_DEMAND } from "./versions.mjs";

/** @import { Paths } from "../paths.mjs" */
/** @import { Progress } from "../progress.mjs" */

/**
 * - `auto`: a suitable pulumi on PATH, else the official download, else a build from source.
 * - `official`: a suitable pulumi on PATH, else the official download; never a build.
 * - `source`: a build from source; PATH and download site are not asked.
 * @typedef {import("../mode.mjs").Mode} Mode
 */

/**
 * @typedef {object} Pulumi
 * @property {string} bin Folder of `pulumi` and its language host.
 * @property {string} home PULUMI_HOME with the plugins.
 * @property {NodeJS.ProcessEnv} env Environment to run `pulumi` and programs with: the caller's, with PATH and PULUMI_* set.
 * @property {"path" | "official" | "source"} origin Where the CLI comes from.
 * @property {Readonly<Record<string, "installed" | "official" | "source">>} plugins Where each plugin comes from.
 */

/**
 * @typedef {object} EnsureOptions
 * @property {Mode} [mode] Default: the environment variable TESTBRO_TOOLCHAIN, else `auto`.
 * @property {(line: string) => void} [log] What a person should know; default a line on stderr.
 * @property {NodeJS.ProcessEnv} [env] Default the process's.
 * @property {Paths} [paths]
 * @property {Progress} [progress]
 * @property {boolean} [kubernetes] Whether the stack is one on Kubernetes, which needs one more plugin; default false.
 * @property {Readonly<Record<string, string>>} [plugins] Version by name; default what the product's stacks need.
 * @property {string} [sources] Go sources, for tests.
 * @property {string} [curl] curl, for tests.
 */

/** @typedef {Required<Omit<EnsureOptions, "sources" | "curl">> & { sources?: string, curl?: string, answers: Answers }} Context */

/**
 * Finds or gets the CLI and the plugins; what was got once is kept in the cache, and a second call takes milliseconds.
 *
 * @param {EnsureOptions} [options]
 * @returns {Promise<Pulumi>}
 * @throws {ToolchainError} When none of the ways works: what each one lacks, and what to do.
 */
export async function ensurePulumi(options = {}) {
  const env = options.env ?? process.env;
  const progress = options.progress ?? defaultProgress;
  const paths = options.paths ?? defaultPaths(env);
  const mode = toolchainMode(options.mode, env);
  /** @type {Context} */
  const context = {
    log: (line) => progress.line(line),
    kubernetes: false,
    plugins: options.kubernetes ? { ...PLUGINS, ...PLUGINS_ON_DEMAND } : PLUGINS,
    ...options,
    mode,
    env,
    progress,
    paths,
    answers: new Answers(paths.answers),
  };
  const { bin, origin } = await getCli(context);
  const home = pulumiHome(paths, [bin, ...Object.keys(context.plugins).map((name) => keyOf(partNamed(name), context.sources))]);
  const result = { bin, home, origin, env: environment(env, bin, home) };
  /** @type {Record<string, "installed" | "official" | "source">} */
  const plugins = {};
  for (const [name, version] of Object.entries(context.plugins)) plugins[name] = await getPlugin(name, version, result, context);
  return { ...result, plugins };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} bin
 * @param {string} home
 * @returns {NodeJS.ProcessEnv}
 */
function environment(env, bin, home) {
  return {
    ...env,
    PATH: [bin, ...(env.PATH ? [env.PATH] : [])].join(delimiter),
    PULUMI_HOME: home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A plugin that is missing is our mistake and must be seen, not fetched from somewhere in the middle of an update.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

/**
 * @param {Context} context
 * @returns {Promise<{ bin: string, origin: Pulumi["origin"] }>}
 */
async function getCli(context) {
  /** @type {string[]} */
  const tried = [];
  const cli = partNamed("cli");
  if (context.mode !== "source") {
    const onPath = await cliOnPath(context.env);
    if ("bin" in onPath) return { bin: onPath.bin, origin: "path" };
    tried.push(`a pulumi on PATH: ${onPath.reason}`);
    // What is in the cache already needs no network, whichever way it came.
    const downloaded = downloadedCli(context.paths);
    if (downloaded) return { bin: downloaded, origin: "official" };
  }
  const built = context.mode === "official" ? undefined : finishedBuild(cli, context);
  if (built) return { bin: built, origin: "source" };
  if (context.mode !== "source") {
    try {
      return { bin: await downloadCli(context), origin: "official" };
    } catch (error) {
      tried.push(`the official download: ${reasonOf(error)}`);
    }
  }
  if (context.mode !== "official") {
    if (tried.length > 0) context.log(`No suitable pulumi on PATH or by download; building it from source. (${tried.join("; ")})`);
    try {
      return { bin: await buildPart(cli, context), origin: "source" };
    } catch (error) {
      tried.push(`a build from source: ${reasonOf(error)}`);
    }
  }
  throw nothingWorked(`The Pulumi CLI (${OLDEST_CLI} or newer) is needed, and there is no way to it here.`, tried, context.mode, [
    "install Pulumi, so that `pulumi version` works: https://www.pulumi.com/docs/install/",
  ]);
}

/**
 * @param {string} name
 * @param {string} version
 * @param {{ bin: string, home: string, env: NodeJS.ProcessEnv, origin: Pulumi["origin"] }} cli
 * @param {Context} context
 * @returns {Promise<"installed" | "official" | "source">}
 */
async function getPlugin(name, version, cli, context) {
  const { mode, paths, env } = context;
  /** @type {string[]} */
  const tried = [];
  const part = partNamed(name);
  const built = mode === "official" ? undefined : finishedBuild(part, context);
  if (hasPlugin(cli.home, name, version)) return built ? "source" : "installed";
  if (mode !== "source") {
    const users = usersPlugin(env, name, version);
    if (users) {
      await placePlugin(paths, cli.home, name, version, users);
      return "installed";
    }
  }
  // A CLI that was built here means that the site could not be reached; its plugins then follow the same way.
  if (mode !== "source" && !built && (cli.origin !== "source" || mode === "official")) {
    try {
      await askPulumi(context);
      await installPlugin(cli.bin, name, version, cli.env, context.progress);
      return "official";
    } catch (error) {
      tried.push(`the official download: ${reasonOf(error)}`);
    }
  }
  if (mode !== "official") {
    try {
      await placePlugin(paths, cli.home, name, version, built ?? (await buildPart(part, context)));
      return "source";
    } catch (error) {
      tried.push(`a build from source: ${reasonOf(error)}`);
    }
  }
  throw nothingWorked(`Pulumi's ${name} plugin ${version} is needed, and there is no way to it here.`, tried, mode, [
    `install it where pulumi.com can be reached: \`pulumi plugin install resource ${name} ${version}\` (it lands in ~/.pulumi/plugins, which can be copied to other machines)`,
  ]);
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ bin: string } | { reason: string }>}
 */
async function cliOnPath(env) {
  const pulumi = find("pulumi", env);
  if (!pulumi) return { reason: "there is none" };
  const result = await run(pulumi, ["version"], { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" }, timeout: 20_000 });
  const version = result.stdout.trim();
  if (result.code !== 0 || !/^v?\d+\.\d+/.test(version)) return { reason: `${pulumi} does not tell its version` };
  if (compareVersions(version, OLDEST_CLI) < 0) return { reason: `${pulumi} is ${version}, older than ${OLDEST_CLI}` };
  // The language host lies beside the real file; /usr/local/bin may hold a link to it.
  const bin = dirname(realpathSync(pulumi));
  if (!existsSync(join(bin, "pulumi-language-nodejs")) && !find("pulumi-language-nodejs", env)) {
    return { reason: `${pulumi} comes without pulumi-language-nodejs, so it cannot run Node programs` };
  }
  return { bin };
}

/** @param {unknown} error */
const reasonOf = (error) => {
  if (error instanceof ToolchainError) return error.message;
  throw error;
};

/**
 * @param {string} what
 * @param {string[]} tried
 * @param {Mode} mode
 * @param {string[]} ways
 */
function nothingWorked(what, tried, mode, ways) {
  const remedies = [
    ...ways,
    ...(mode === "official"
      ? ["unset TESTBRO_TOOLCHAIN (it is set to official), so that it may be built from source"]
      : [
          "install Go (https://go.dev/dl, or your distribution's golang package) with a reachable module proxy, so that it can be built from source",
        ]),
    ...(mode === "source" ? ["unset TESTBRO_TOOLCHAIN (it is set to source), so that it may be downloaded"] : []),
  ];
  return new ToolchainError(
    `${what}\nTried:\n${tried.map((line) => `  - ${line}`).join("\n")}\nDo one of these:\n${remedies.map((line) => `  - ${line}`).join("\n")}`,
  );
}

export { CLI, OLDEST_CLI, PLUGINS };
