// Installing distribution packages, said aloud.
import { ToolchainError } from "../errors.mjs";
import { find, must, run } from "../process.mjs";
import { progress as defaultProgress } from "../progress.mjs";

/** @import { Progress } from "../progress.mjs" */

/**
 * Whether this process may and can install packages here.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} Undefined when it can; else why not.
 */
export function whyNoInstall(env) {
  if (process.platform !== "linux") return `this is ${process.platform}, not Linux`;
  if (process.getuid?.() !== 0) return "this is not root";
  if (!find("apt-get", env, { system: true })) return "there is no apt-get";
  return undefined;
}

/**
 * Installs packages by apt, without their recommendations.
 *
 * @param {string[]} packages Of which those that the distribution does not have are left out, if `optional` names them.
 * @param {{ why: string, env?: NodeJS.ProcessEnv, log?: (line: string) => void, progress?: Progress, optional?: string[] }} options
 *   `why` completes the sentence "Installing … for …".
 * @throws {ToolchainError} When it is not possible, with the command for the user to run.
 */
export async function installPackages(packages, { why, env = process.env, log, progress = defaultProgress, optional = [] }) {
  const problem = whyNoInstall(env);
  if (problem) {
    throw new ToolchainError(`${packages.join(", ")} must be installed for ${why}, and cannot be installed from here: ${problem}.`);
  }
  const aptEnv = { ...env, DEBIAN_FRONTEND: "noninteractive" };
  const say = log ?? ((/** @type {string} */ line) => progress.line(line));
  await progress.step(`Installing ${packages.join(", ")} for ${why}`, async (detail) => {
    const index = await run("apt-get", ["update", "-qq"], { env: aptEnv, timeout: 300_000 });
    // A failing mirror among several need not matter; the installation tells.
    if (index.code !== 0) say(`apt-get update had problems: ${index.stderr.trim().split("\n")[0]}`);
    const wanted = [...packages];
    for (const name of optional) if (await exists(name, aptEnv)) wanted.push(name);
    say(`Installing packages: apt-get install ${wanted.join(" ")} (for ${why})`);
    await must("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...wanted], {
      what: `installing ${wanted.join(", ")}`,
      env: aptEnv,
      timeout: 900_000,
      onLine: (line) => /^(Unpacking|Setting up)/.test(line) && detail(line.split(" (")[0] ?? line),
    });
  });
}

/** @param {string} name @param {NodeJS.ProcessEnv} env */
async function exists(name, env) {
  return (await run("apt-cache", ["show", "--no-all-versions", name], { env })).code === 0;
}
