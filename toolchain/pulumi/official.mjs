// The official download of the CLI, and plugins through the CLI's own installer.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ToolchainError } from "../errors.mjs";
import { withLock } from "../lock.mjs";
import { find, lastLines, must, run } from "../process.mjs";
import { progress as defaultProgress } from "../progress.mjs";
import { inScratch } from "../scratch.mjs";
import { CLI } from "./versions.mjs";

/** @import { Paths } from "../paths.mjs" */
/** @import { Progress } from "../progress.mjs" */
/** @import { Answers } from "../answers.mjs" */

/** How long a download site may take to answer at all, in milliseconds. */
const CONNECT_TIMEOUT = 3000;

/** The remembered answer's name for Pulumi's download site, from which CLI and plugins come. */
export const SITE = "pulumi-download";

const RELEASES = "https://get.pulumi.com/releases/sdk";
const CHECKSUMS = "https://github.com/pulumi/pulumi/releases/download";

/**
 * @typedef {object} DownloadContext
 * @property {Paths} paths
 * @property {NodeJS.ProcessEnv} env
 * @property {Answers} answers
 * @property {Progress} [progress]
 * @property {typeof fetch} [fetch] For tests.
 * @property {string} [curl] curl to download with; default the one on PATH, since it knows the user's proxies.
 */

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
  await askSite(context);
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
          await verify(file, archive, context);
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
 * Finds out quickly whether the download site answers; an unreachable one is remembered for a day.
 *
 * @param {DownloadContext} context
 * @throws {ToolchainError}
 */
export async function askSite(context) {
  const before = context.answers.unreachable(SITE);
  if (before) {
    throw new ToolchainError(
      `the download site could not be reached at ${before.at.toISOString()} (${before.reason}); the answer is remembered for a day, delete ${join(context.answers.folder, `${SITE}.json`)} to ask again`,
    );
  }
  const url = `${RELEASES}/pulumi-v${CLI}-${platform()}.tar.gz`;
  const curl = context.curl ?? find("curl", context.env);
  let reason;
  if (curl) {
    const seconds = String(CONNECT_TIMEOUT / 1000);
    const result = await run(curl, ["-sSIfL", "-o", "/dev/null", "--connect-timeout", seconds, "--max-time", "10", url], {
      env: context.env,
    });
    if (result.code !== 0) reason = result.stderr.trim() || `curl ended with code ${result.code}`;
  } else {
    try {
      const response = await (context.fetch ?? fetch)(url, { method: "HEAD", signal: AbortSignal.timeout(CONNECT_TIMEOUT) });
      if (!response.ok) reason = `HTTP status ${response.status}`;
    } catch (error) {
      reason = causeOf(error);
    }
  }
  if (reason === undefined) return;
  context.answers.remember(SITE, reason);
  throw new ToolchainError(`the download site cannot be reached (${reason})`);
}

/** @param {unknown} error */
function causeOf(error) {
  const { cause, message } = /** @type {Error & { cause?: Error }} */ (error);
  return cause?.message ?? message;
}

/**
 * @param {string} url
 * @param {string} file
 * @param {DownloadContext} context
 */
async function fetchFile(url, file, context) {
  const curl = context.curl ?? find("curl", context.env);
  if (curl) {
    // Stop a transfer that stands still, not one that is slow.
    const args = ["-sSfL", "--retry", "2", "--connect-timeout", "3", "--speed-limit", "1000", "--speed-time", "30", "-o", file, url];
    await must(curl, args, { env: context.env, what: "the download" });
    return;
  }
  const response = await (context.fetch ?? fetch)(url);
  if (!response.ok || !response.body) throw new ToolchainError(`the download failed: ${url} answered with HTTP status ${response.status}`);
  await pipeline(Readable.fromWeb(/** @type {any} */ (response.body)), createWriteStream(file));
}

/**
 * Compares the archive with the SHA-256 list that the release publishes on a second site. Where that list cannot be had,
 * the transport's own protection (HTTPS) has to do, and that is said.
 *
 * @param {string} file
 * @param {string} archive
 * @param {DownloadContext} context
 */
async function verify(file, archive, context) {
  const list = `${file}.sums`;
  try {
    await fetchFile(`${CHECKSUMS}/v${CLI}/pulumi-${CLI}-checksums.txt`, list, context);
  } catch {
    (context.progress ?? defaultProgress).line("The release's checksum list cannot be reached: the archive is protected by HTTPS only.");
    return;
  }
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const expected = readFileSync(list, "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([, name]) => name?.replace(/^\*/, "") === archive)?.[0];
  if (expected && expected !== hash.digest("hex")) {
    throw new ToolchainError(
      `${archive} is damaged: its SHA-256 is not the published ${expected}. Run the command again; if it happens twice, report it.`,
    );
  }
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
