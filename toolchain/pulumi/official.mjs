// The official download of the CLI, and plugins through the CLI's own installer.
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { askSite, fetchFile, verify } from "../download.mjs";
import { ToolchainError } from "../errors.mjs";
import { withLock } from "../lock.mjs";
import { lastLines, must, run } from "../process.mjs";
import { progress as defaultProgress } from "../progress.mjs";
import { inScratch } from "../scratch.mjs";
import { CLI } from "./versions.mjs";

/** @import { Paths } from "../paths.mjs" */
/** @import { Progress } from "../progress.mjs" */
/** @import { DownloadContext } from "../download.mjs" */

/** The remembered answer's name for Pulumi's download site, from which CLI and plugins come. */
export const SITE = "pulumi-download";

const RELEASES = "https://get.pulumi.com/releases/sdk";
const CHECKSUMS = "https://github.com/pulumi/pulumi/releases/download";

/**
 * The unpacked official CLI, if it was downloaded before.
 *
 * @param {Paths} paths
 * @returns {string | undefined} Folder with its binaries.
 */
export function downloadedCli(paths) {
  const folder = join(paths.downloads, `pulumi-v${CLI}-${platform()}`);
  return existsSync(folder) ? folder : undefined;
}

/** @returns {string} The platform's name in Pulumi's archives: linux-x64, darwin-arm64. */
function platform() {
  return `${process.platform}-${process.arch}`;
}

/**
 * Downloads and unpacks the official CLI, or returns the one downloaded before.
 *
 * @param {DownloadContext} context
 * @returns {Promise<string>} Folder with its binaries.
 * @throws {ToolchainError} When there is none for this platform, the site cannot be reached (remembered for a day), or the archive is damaged.
 */
export async function downloadCli(context) {
  const { paths, progress = defaultProgress } = context;
  const present = downloadedCli(paths);
  if (present) return present;
  if (!["linux", "darwin"].includes(process.platform) || !["x64", "arm64"].includes(process.arch)) {
    throw new ToolchainError(`there is no archive for ${platform()}`);
  }
  await askPulumi(context);
  const onWait = (/** @type {number} */ pid) => progress.line(`Process ${pid} is downloading Pulumi; waiting for it.`);
  return withLock(
    join(paths.locks, `${SITE}.lock`),
    async () => {
      const made = downloadedCli(paths);
      if (made) return made;
      return inScratch(paths.scratch, async (scratch) => {
        const archive = `pulumi-v${CLI}-${platform()}.tar.gz`;
        const file = join(scratch, archive);
        await progress.step(`Downloading Pulumi ${CLI}`, async () => {
          await fetchFile(`${RELEASES}/${archive}`, file, context);
          await verify(file, archive, `${CHECKSUMS}/v${CLI}/pulumi-${CLI}-checksums.txt`, context);
          await must("tar", ["-xzf", file, "-C", scratch], { what: "unpacking Pulumi" });
        });
        mkdirSync(paths.downloads, { recursive: true });
        const folder = join(paths.downloads, `pulumi-v${CLI}-${platform()}`);
        // The archive holds one folder, pulumi/.
        renameSync(join(scratch, "pulumi"), folder);
        return folder;
      });
    },
    { onWait },
  );
}

/**
 * Finds out quickly whether Pulumi's download site answers; an unreachable one is remembered for a day.
 *
 * @param {DownloadContext} context
 * @throws {ToolchainError}
 */
export async function askPulumi(context) {
  await askSite(SITE, `${RELEASES}/pulumi-v${CLI}-${platform()}.tar.gz`, context);
}

/**
 * Installs a plugin by the CLI's own installer.
 *
 * @param {string} bin Folder of the `pulumi` to use.
 * @param {string} name
 * @param {string} version
 * @param {NodeJS.ProcessEnv} env With PULUMI_HOME set.
 * @param {Progress} [progress]
 * @throws {ToolchainError}
 */
export async function installPlugin(bin, name, version, env, progress = defaultProgress) {
  await progress.step(`Downloading the ${name} plugin ${version}`, async () => {
    const result = await run(join(bin, "pulumi"), ["plugin", "install", "resource", name, version], { env, timeout: 600_000 });
    if (result.code !== 0)
      throw new ToolchainError(`\`pulumi plugin install resource ${name} ${version}\` failed:\n${lastLines(result.stderr)}`);
  });
}
