// Official downloads: is the site there at all, the file, and whether it is the one that was published.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ToolchainError } from "./errors.mjs";
import { find, must, run } from "./process.mjs";
import { progress as defaultProgress } from "./progress.mjs";

/** @import { Paths } from "./paths.mjs" */
/** @import { Progress } from "./progress.mjs" */
/** @import { Answers } from "./answers.mjs" */

/** How long a download site may take to answer at all, in milliseconds. */
const CONNECT_TIMEOUT = 3000;

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
 * Finds out quickly whether a download site answers; an unreachable one is remembered for a day.
 *
 * @param {string} site The remembered answer's name.
 * @param {string} url A file that is there.
 * @param {DownloadContext} context
 * @throws {ToolchainError}
 */
export async function askSite(site, url, context) {
  const before = context.answers.unreachable(site);
  if (before) {
    throw new ToolchainError(
      `the download site could not be reached at ${before.at.toISOString()} (${before.reason}); the answer is remembered for a day, delete ${join(context.answers.folder, `${site}.json`)} to ask again`,
    );
  }
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
  context.answers.remember(site, reason);
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
export async function fetchFile(url, file, context) {
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
 * Compares a downloaded archive with the list of SHA-256 sums that its release publishes. Where that list cannot be had, the
 * transport's own protection (HTTPS) has to do, and that is said.
 *
 * @param {string} file
 * @param {string} archive Its name in the list.
 * @param {string} list Address of the list.
 * @param {DownloadContext} context
 */
export async function verify(file, archive, list, context) {
  const sums = `${file}.sums`;
  try {
    await fetchFile(list, sums, context);
  } catch {
    (context.progress ?? defaultProgress).line("The release's checksum list cannot be reached: the archive is protected by HTTPS only.");
    return;
  }
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const expected = readFileSync(sums, "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([, name]) => name?.replace(/^(\*|\.\/)/, "") === archive)?.[0];
  if (expected && expected !== hash.digest("hex")) {
    throw new ToolchainError(
      `${archive} is damaged: its SHA-256 is not the published ${expected}. Run the command again; if it happens twice, report it.`,
    );
  }
}
