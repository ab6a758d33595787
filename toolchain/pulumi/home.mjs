// The product's own PULUMI_HOME: plugins in the layout that the CLI accepts without a warning.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { inScratch } from "../scratch.mjs";

/** @import { Paths } from "../paths.mjs" */

/**
 * A PULUMI_HOME for one set of binaries. Another set gets another home, so a rebuilt plugin is never mixed up with an old one.
 *
 * @param {Paths} paths
 * @param {string[]} identity What the set consists of: the CLI's folder and the keys of the plugins.
 * @returns {string} The folder; created.
 */
export function pulumiHome(paths, identity) {
  const home = join(paths.pulumiHomes, createHash("sha256").update(identity.join("\0")).digest("hex").slice(0, 12));
  mkdirSync(join(home, "plugins"), { recursive: true });
  return home;
}

/**
 * @param {string} home
 * @param {string} name
 * @param {string} version
 * @returns {string} Where the CLI looks for a resource plugin.
 */
export const pluginFolder = (home, name, version) => join(home, "plugins", `resource-${name}-v${version}`);

/**
 * Whether a home holds a plugin completely. The CLI marks an installation that is under way or broke off by a `.partial` file.
 *
 * @param {string} home
 * @param {string} name
 * @param {string} version
 */
export function hasPlugin(home, name, version) {
  const folder = pluginFolder(home, name, version);
  return existsSync(join(folder, `pulumi-resource-${name}`)) && !existsSync(`${folder}.partial`);
}

/**
 * The user's own PULUMI_HOME when it holds the plugin already, as it does after `pulumi plugin install`.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 * @param {string} version
 * @returns {string | undefined} The plugin's folder there.
 */
export function usersPlugin(env, name, version) {
  const home = env.PULUMI_HOME || join(env.HOME || homedir(), ".pulumi");
  return hasPlugin(home, name, version) ? pluginFolder(home, name, version) : undefined;
}

/**
 * Puts a plugin into a home as a whole: linked where the file system allows, else copied.
 *
 * @param {Paths} paths
 * @param {string} home
 * @param {string} name
 * @param {string} version
 * @param {string} from Folder with the plugin's files.
 */
export async function placePlugin(paths, home, name, version, from) {
  if (hasPlugin(home, name, version)) return;
  await inScratch(paths.scratch, async (scratch) => {
    for (const file of readdirSync(from)) linkOrCopy(join(from, file), join(scratch, file));
    try {
      renameSync(scratch, pluginFolder(home, name, version));
    } catch (error) {
      // Another process placed the same plugin first.
      if (!hasPlugin(home, name, version)) throw error;
    }
  });
}

/** @param {string} from @param {string} to */
function linkOrCopy(from, to) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
