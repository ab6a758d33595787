// Pins upstream images by digest in images.lock.json. As a program it resolves the digests from the registry: node images/lock.mjs [--host URL]
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ToolchainError } from "../toolchain/errors.mjs";
import { lastLines } from "../toolchain/process.mjs";
import { step } from "../toolchain/progress.mjs";
import { Engine } from "./engine.mjs";

export const LOCK_FILE = fileURLToPath(new URL("images.lock.json", import.meta.url));

/**
 * @typedef {object} Lock
 * @property {Record<string, { digest: string | null }>} images Upstream image → digest of its manifest (list), null when not resolved yet.
 * @property {Record<string, Record<string, string>>} programs Image built here → program → beginning of the version that it must have.
 */

/**
 * @param {string} [path]
 * @returns {Lock}
 * @throws {ToolchainError} When the file is not what it should be.
 */
export function readLock(path = LOCK_FILE) {
  const lock = JSON.parse(readFileSync(path, "utf8"));
  for (const [name, { digest }] of Object.entries(lock.images ?? {})) {
    if (digest !== null && !/^sha256:[0-9a-f]{64}$/.test(digest)) {
      throw new ToolchainError(`${path} gives ${name} the digest "${digest}", which is none: run \`node images/lock.mjs\` to resolve it.`);
    }
  }
  return lock;
}

/**
 * The reference to pull an upstream image by.
 *
 * @param {string} name
 * @param {string} [path]
 * @returns {{ reference: string, warning?: string }} `name@sha256:…`; or `name` itself, with a warning when the lock lists it without a digest.
 */
export function lockedReference(name, path = LOCK_FILE) {
  const entry = readLock(path).images[name];
  if (entry === undefined) return { reference: name };
  if (entry.digest) return { reference: `${name.replace(/:[^/:]*$/, "")}@${entry.digest}` };
  const warning = `${name} is not pinned: images.lock.json holds no digest for it. \`node images/lock.mjs\` fills it in where the registry can be reached.`;
  return { reference: name, warning };
}

/**
 * Pulls every upstream image in the lock file and writes down the digests that the registry gave.
 *
 * @param {Engine} engine
 * @param {string} [path]
 * @returns {Promise<Record<string, string>>} Image → digest.
 * @throws {ToolchainError} When one cannot be pulled; the file is then left as it was.
 */
export async function resolveLock(engine, path = LOCK_FILE) {
  const lock = readLock(path);
  /** @type {Record<string, string>} */
  const digests = {};
  for (const name of Object.keys(lock.images)) {
    await step(`Pulling ${name}`, async () => {
      const pulled = await engine.docker(["pull", "--quiet", name], { timeout: 300_000 });
      if (pulled.code !== 0) {
        throw new ToolchainError(
          `${name} cannot be pulled, so its digest stays unknown and ${path} unchanged:\n${lastLines(pulled.stderr, 3)}`,
        );
      }
      const inspected = await engine.docker(["image", "inspect", "--format", '{{join .RepoDigests "\\n"}}', name]);
      const digest = /@(sha256:[0-9a-f]{64})/.exec(inspected.stdout)?.[1];
      if (digest === undefined)
        throw new ToolchainError(`The engine knows no digest of ${name}: is it an image made locally? Remove it and try again.`);
      digests[name] = digest;
    });
  }
  for (const [name, digest] of Object.entries(digests)) lock.images[name] = { digest };
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  return digests;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { host: { type: "string" } } });
  try {
    const digests = await resolveLock(new Engine({ host: values.host }));
    for (const [name, digest] of Object.entries(digests)) console.log(`${name} ${digest}`);
  } catch (error) {
    console.error(error instanceof ToolchainError ? error.message : error);
    process.exitCode = 1;
  }
}
