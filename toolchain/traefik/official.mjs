// The official release of Traefik, which has its web page and every DNS provider in it.
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { askSite, fetchFile, verify } from "../download.mjs";
import { ToolchainError } from "../errors.mjs";
import { withLock } from "../lock.mjs";
import { must } from "../process.mjs";
import { progress as defaultProgress } from "../progress.mjs";
import { inScratch } from "../scratch.mjs";
import { TRAEFIK } from "./versions.mjs";

/** @import { Paths } from "../paths.mjs" */
/** @import { DownloadContext } from "../download.mjs" */

/** The remembered answer's name for the site with Traefik's releases. */
export const SITE = "traefik-download";

const RELEASE = `https://github.com/traefik/traefik/releases/download/v${TRAEFIK}`;
/** Processors as Traefik's archives call them, by Node's name. @type {Readonly<Record<string, string>>} */
const PROCESSORS = { x64: "amd64", arm64: "arm64" };

/** @param {Paths} paths @param {string} arch */
const folderOf = (paths, arch) => join(paths.downloads, `traefik-v${TRAEFIK}-linux-${arch}`);

/**
 * The unpacked official release for Linux, if it was downloaded before.
 *
 * @param {Paths} paths
 * @param {string} [arch] As Node names it; default this machine's.
 * @returns {string | undefined} Folder with `traefik`.
 */
export function downloadedTraefik(paths, arch = process.arch) {
  const folder = folderOf(paths, arch);
  return existsSync(folder) ? folder : undefined;
}

/**
 * Downloads and unpacks the official release for Linux, where images run whatever this machine is, or returns the one downloaded before.
 *
 * @param {DownloadContext} context
 * @param {string} [arch] As Node names it; default this machine's.
 * @returns {Promise<string>} Folder with `traefik`.
 * @throws {ToolchainError} When there is none for this processor, the site cannot be reached (remembered for a day), or the archive is damaged.
 */
export async function downloadTraefik(context, arch = process.arch) {
  const { paths, progress = defaultProgress } = context;
  const present = downloadedTraefik(paths, arch);
  if (present) return present;
  const processor = PROCESSORS[arch];
  if (processor === undefined) throw new ToolchainError(`there is no archive of Traefik for ${arch}`);
  const archive = `traefik_v${TRAEFIK}_linux_${processor}.tar.gz`;
  await askSite(SITE, `${RELEASE}/${archive}`, context);
  const onWait = (/** @type {number} */ pid) => progress.line(`Process ${pid} is downloading Traefik; waiting for it.`);
  return withLock(
    join(paths.locks, `${SITE}.lock`),
    async () => {
      const made = downloadedTraefik(paths, arch);
      if (made) return made;
      return inScratch(paths.scratch, async (scratch) => {
        const file = join(scratch, archive);
        await progress.step(`Downloading Traefik ${TRAEFIK}`, async () => {
          await fetchFile(`${RELEASE}/${archive}`, file, context);
          await verify(file, archive, `${RELEASE}/traefik_v${TRAEFIK}_checksums.txt`, context);
          mkdirSync(join(scratch, "unpacked"));
          await must("tar", ["-xzf", file, "-C", join(scratch, "unpacked")], { what: "unpacking Traefik" });
        });
        if (!existsSync(join(scratch, "unpacked", "traefik"))) throw new ToolchainError(`${archive} has no traefik in it`);
        mkdirSync(paths.downloads, { recursive: true });
        renameSync(join(scratch, "unpacked"), folderOf(paths, arch));
        return folderOf(paths, arch);
      });
    },
    { onWait },
  );
}
