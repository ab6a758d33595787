// The image that all images of this product are built on.
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { spawn } from "node:child_process";
import { Answers } from "../answers.mjs";
import { installPackages } from "../docker/install.mjs";
import { dockerClient, withoutHost } from "../docker/client.mjs";
import { ToolchainError } from "../errors.mjs";
import { withLock } from "../lock.mjs";
import { paths as defaultPaths } from "../paths.mjs";
import { find, must, run } from "../process.mjs";
import { progress as defaultProgress } from "../progress.mjs";
import { inScratch } from "../scratch.mjs";

/** @import { Paths } from "../paths.mjs" */
/** @import { Progress } from "../progress.mjs" */

/** Debian's release that the images are built on. */
export const SUITE = "trixie";

/** The image in the engine's default registry. */
export const REGISTRY_IMAGE = `debian:${SUITE}-slim`;

/** Where the image comes from that is made on this machine. */
const LOCAL_REPOSITORY = "testbro/base";

/** The remembered answer's name for the engine's default registry. */
const SITE = "image-registry";

/** How long the registry may take until the first sign of life, in milliseconds. */
const REGISTRY_TIMEOUT = 8000;

/**
 * @typedef {object} BaseOptions
 * @property {string} host The engine, as in DOCKER_HOST.
 * @property {string} [clientBin] Path of the `docker` client.
 * @property {(line: string) => void} [log]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {Paths} [paths]
 * @property {Progress} [progress]
 */

/**
 * Makes sure that the engine has a Debian base image: the registry's where it can be reached, else one made from Debian's
 * packages on this machine (once; kept in the cache).
 *
 * @param {BaseOptions} options
 * @returns {Promise<string>} Its reference: `debian:trixie-slim` or `testbro/base:trixie-<hash of its content>`.
 * @throws {ToolchainError} When neither works: why, and what to do.
 */
export async function ensureBaseImage(options) {
  const env = options.env ?? process.env;
  const clientBin = options.clientBin ?? dockerClient(env);
  if (!clientBin)
    throw new ToolchainError("The docker client is needed to get the base image; install it (Debian: docker.io or docker-cli).");
  const progress = options.progress ?? defaultProgress;
  const paths = options.paths ?? defaultPaths(env);
  const log = options.log ?? ((/** @type {string} */ line) => progress.line(line));
  const docker = { command: clientBin, args: ["-H", options.host], env: withoutHost(env) };
  const has = async (/** @type {string} */ image) =>
    (await run(docker.command, [...docker.args, "image", "inspect", image], { env: docker.env, timeout: 30_000 })).code === 0;

  if (await has(REGISTRY_IMAGE)) return REGISTRY_IMAGE;
  const made = madeBefore(paths);
  if (made && (await has(made.reference))) return made.reference;

  const answers = new Answers(paths.answers);
  const reason = answers.unreachable(SITE)?.reason ?? (await progress.step(`Pulling ${REGISTRY_IMAGE}`, () => pull(docker)));
  if (reason === undefined) return REGISTRY_IMAGE;
  answers.remember(SITE, reason);
  log(`${REGISTRY_IMAGE} cannot be pulled (${reason}); using a base image made from Debian's packages.`);

  const onWait = (/** @type {number} */ pid) => progress.line(`Process ${pid} is making the base image; waiting for it.`);
  const { archive, reference } =
    made ??
    (await withLock(join(paths.locks, "base-image.lock"), async () => madeBefore(paths) ?? make({ paths, env, log, progress, reason }), {
      onWait,
    }));
  if (!(await has(reference))) {
    const change = ["--change", 'CMD ["bash"]', "--message", `Debian ${SUITE}, minimal`];
    await progress.step("Importing the base image", () =>
      must(docker.command, [...docker.args, "import", ...change, archive, reference], {
        what: "importing the base image",
        env: docker.env,
      }),
    );
  }
  return reference;
}

/**
 * @param {Paths} paths
 * @returns {{ archive: string, reference: string } | undefined}
 */
function madeBefore(paths) {
  const archive = join(paths.baseImages, `${SUITE}.tar`);
  const sum = `${archive}.sha256`;
  if (!existsSync(archive) || !existsSync(sum)) return undefined;
  return { archive, reference: `${LOCAL_REPOSITORY}:${SUITE}-${readFileSync(sum, "utf8").slice(0, 12)}` };
}

/**
 * Pulls from the registry, unless it gives no sign of life. The engine itself is asked, since it knows its mirrors and proxies.
 *
 * @param {{ command: string, args: string[], env: NodeJS.ProcessEnv }} docker
 * @returns {Promise<string | undefined>} Undefined when the image is there; else why not.
 */
function pull(docker) {
  return new Promise((done) => {
    const child = spawn(docker.command, [...docker.args, "pull", REGISTRY_IMAGE], { env: docker.env, stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      done(`the registry gave no answer within ${REGISTRY_TIMEOUT / 1000} s`);
    }, REGISTRY_TIMEOUT);
    // The client's first line comes after the registry has named the image's layers; from then on it may take its time.
    child.stdout.setEncoding("utf8").on("data", (text) => /Pulling from|Digest:/.test(text) && clearTimeout(timer));
    child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
    child.on("error", (error) => done(error.message));
    child.on("close", (code) => {
      clearTimeout(timer);
      done(code === 0 ? undefined : errors.trim().split("\n").at(-1) || `docker pull ended with code ${code}`);
    });
  });
}

/**
 * @param {{ paths: Paths, env: NodeJS.ProcessEnv, log: (line: string) => void, progress: Progress, reason: string }} context
 * @returns {Promise<{ archive: string, reference: string }>}
 */
async function make({ paths, env, log, progress, reason }) {
  if (!find("mmdebstrap", env, { system: true })) {
    try {
      await installPackages(["mmdebstrap"], { why: "a base image", env, log, progress, optional: ["debian-archive-keyring"] });
    } catch (error) {
      throw new ToolchainError(
        `There is no base image: ${REGISTRY_IMAGE} cannot be pulled (${reason}), and it cannot be made here: ${/** @type {Error} */ (error).message}\n` +
          `Make the registry reachable, or load the image from another machine (\`docker save ${REGISTRY_IMAGE}\` there, \`docker load\` here).`,
      );
    }
  }
  return inScratch(paths.scratch, async (scratch) => {
    const archive = join(scratch, `${SUITE}.tar`);
    const mirror = await debianMirror(env);
    await progress.step(`Making a Debian ${SUITE} base image (once; about 30 s)`, () =>
      must("mmdebstrap", ["--quiet", "--variant=minbase", "--include=ca-certificates", SUITE, archive, ...(mirror ? [mirror] : [])], {
        what: "making the base image",
        env: { ...env, SOURCE_DATE_EPOCH: "0" },
        timeout: 900_000,
      }),
    );
    const hash = createHash("sha256");
    await pipeline(createReadStream(archive), hash);
    mkdirSync(paths.baseImages, { recursive: true });
    const target = join(paths.baseImages, `${SUITE}.tar`);
    renameSync(archive, target);
    // Written last: an archive without its sum is not taken for finished.
    writeFileSync(`${target}.sha256`, hash.digest("hex"));
    return /** @type {{ archive: string, reference: string }} */ (madeBefore(paths));
  });
}

/**
 * The mirror that this machine gets its own Debian packages from, so that a local mirror is used where there is one.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>} Undefined on other distributions: mmdebstrap then takes Debian's own.
 */
async function debianMirror(env) {
  const { stdout } = await run("apt-get", ["indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)"], {
    env,
    timeout: 30_000,
  });
  const line = stdout.split("\n").find((text) => text.startsWith("Debian|Debian|main|"));
  return line?.split("|")[3];
}
