// Builds the images that an engine lacks. As a program: node images/build.mjs [--host URL] [--base REF] [--only a,b] [--json]
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ToolchainError } from "../toolchain/errors.mjs";
import { lastLines } from "../toolchain/process.mjs";
import { progress } from "../toolchain/progress.mjs";
import { Archive } from "./archive.mjs";
import { Engine } from "./engine.mjs";
import { lockedReference } from "./lock.mjs";
import { hashOf, IMAGES_FOLDER, layOut, readRecipes } from "./recipes.mjs";

/** Images built at a time: package downloads of one overlap with the unpacking of another. */
const AT_A_TIME = 2;
/** No build takes longer than this, unless the network hangs. Milliseconds. */
const BUILD_TIMEOUT = 1_200_000;
/** Settings that docker hands to a build without its Dockerfile naming them, and without them becoming part of the image. */
const PROXY_SETTINGS = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/**
 * @typedef {object} BuildOptions
 * @property {string} [host] The engine's address. Default DOCKER_HOST, else the system's engine.
 * @property {string} [clientBin] Path of the docker client. Default the one on PATH.
 * @property {string} [base] Reference of the base image; one that images.lock.json lists is taken by its digest. Default debian:trixie-slim.
 * @property {string[]} [only] Names of the images wanted; their parents come along. Default all but those built on request.
 * @property {string[]} [extra] Further folders with a Dockerfile. Absolute paths.
 * @property {(line: string) => void} [log] Gets a line for each thing worth knowing. Default stderr.
 * @property {string} [folder] Folder with the image folders. Default this one.
 * @property {number} [keepAfter] Milliseconds that a build must take for its image to be kept; a quicker one is as soon built as loaded. Default 5000.
 * @property {Archive} [archive] Where built images are kept. Default the cache folder.
 */

/**
 * Builds each image that the engine lacks under its content-hash tag `testbro/<name>:<hash>`, or loads it from the archive.
 * Nothing that is there is touched, so a second call costs only the hashing.
 *
 * @param {BuildOptions} [options]
 * @returns {Promise<Record<string, string>>} Name → reference, for every wanted image.
 * @throws {ToolchainError} With the last lines of a failing build, or the problems of the recipes.
 */
export async function buildImages(options = {}) {
  const { extra = [], folder = IMAGES_FOLDER, keepAfter = 5000 } = options;
  const engine = new Engine(options);
  const log = options.log ?? ((line) => progress.line(line));
  const archive = options.archive ?? new Archive();
  const { reference: base, warning } = lockedReference(options.base ?? "debian:trixie-slim");
  const recipes = readRecipes(folder, extra);
  const only = options.only ?? [...recipes.values()].filter(({ onRequest }) => !onRequest).map(({ name }) => name);
  const unknown = only.filter((name) => !recipes.has(name));
  if (unknown.length > 0) {
    throw new ToolchainError(`There is no image ${unknown.join(", ")}: use ${[...recipes.keys()].join(", ")}.`);
  }

  const present = await engine.images();
  const contexts = mkdtempSync(join(tmpdir(), "testbro-images-"));
  try {
    /** @type {Map<string, { hash: string, reference: string, context: string, base: () => Promise<string> }>} */
    const plans = new Map();
    for (const recipe of recipes.values()) {
      if (!wantedBy(only, recipe.name, recipes)) continue;
      const context = mkdtempSync(join(contexts, `${recipe.name}-`));
      await layOut(recipe, context);
      const parent = recipe.parent === undefined ? undefined : plans.get(recipe.parent);
      const hash = hashOf(context, parent ? `${recipe.parent}:${parent.hash}` : base);
      plans.set(recipe.name, {
        hash,
        reference: `testbro/${recipe.name}:${hash}`,
        context,
        base: () => (parent ? ensure(recipe.parent ?? "") : takeBase()),
      });
    }

    // Said once, and only when something is really built on the base.
    let said = warning === undefined;
    const takeBase = () => {
      if (!said) log(warning ?? "");
      said = true;
      return Promise.resolve(base);
    };
    const places = new Places(AT_A_TIME);
    /** @type {Map<string, Promise<string>>} */
    const made = new Map();
    /** @param {string} name @returns {Promise<string>} */
    const ensure = (name) => {
      const plan = plans.get(name);
      if (!plan) throw new Error(`no plan for ${name}`);
      const promise = made.get(name) ?? make(engine, name, plan, { present, archive, keepAfter, places, log });
      made.set(name, promise);
      return promise;
    };
    // All end before the contexts go away, and every failure is told, not only the first.
    const results = await Promise.allSettled(only.map((name) => ensure(name)));
    const failures = results.filter((result) => result.status === "rejected").map(({ reason }) => /** @type {Error} */ (reason));
    const messages = [...new Set(failures.map(({ message }) => message))];
    if (messages.length > 0) throw new ToolchainError(messages.join("\n"), { cause: failures[0] });
    return Object.fromEntries(only.map((name) => [name, plans.get(name)?.reference ?? ""]));
  } finally {
    rmSync(contexts, { recursive: true, force: true });
  }
}

/**
 * @param {string[]} only
 * @param {string} name
 * @param {Map<string, import("./recipes.mjs").Recipe>} recipes
 * @returns {boolean} True when the image is wanted or below one that is.
 */
function wantedBy(only, name, recipes) {
  return only.some((wanted) => {
    for (let recipe = recipes.get(wanted); recipe; recipe = recipes.get(recipe.parent ?? "")) if (recipe.name === name) return true;
    return false;
  });
}

/**
 * @param {Engine} engine
 * @param {string} name
 * @param {{ hash: string, reference: string, context: string, base: () => Promise<string> }} plan
 * @param {{ present: Set<string>, archive: Archive, keepAfter: number, places: Places, log: (line: string) => void }} how
 */
async function make(engine, name, { hash, reference, context, base }, { present, archive, keepAfter, places, log }) {
  if (present.has(reference)) return reference;
  const loaded = await places.use(() => progress.step(`Loading image ${name}`, () => archive.load(engine, name, hash)));
  if (loaded && (await engine.has(reference))) return reference;
  const from = await base();
  await places.use(() =>
    progress.step(`Building image ${name}`, async (detail) => {
      const started = Date.now();
      await build(engine, name, hash, reference, context, from, detail);
      const took = Date.now() - started;
      log(`built ${reference} in ${(took / 1000).toFixed(1)} s`);
      if (took < keepAfter) return;
      detail("keeping it for the next engine");
      // Only the next engine would miss it: a full disk is no reason to stop here.
      await archive.save(engine, reference, name, hash).catch((error) => log(`${reference} is not kept: ${error.message}`));
    }),
  );
  return reference;
}

/**
 * @param {Engine} engine
 * @param {string} name
 * @param {string} hash
 * @param {string} reference
 * @param {string} context
 * @param {string} base
 * @param {(text: string) => void} detail
 */
async function build(engine, name, hash, reference, context, base, detail) {
  const args = ["build", "--network", "host", "--tag", reference, "--build-arg", `BASE=${base}`];
  // A build argument that no Dockerfile declares is a warning.
  if (/^ARG APP_VERSION/m.test(readFileSync(join(context, "Dockerfile"), "utf8"))) args.push("--build-arg", `APP_VERSION=${hash}`);
  for (const setting of PROXY_SETTINGS) if (process.env[setting]) args.push("--build-arg", setting);
  args.push("--label", `org.opencontainers.image.title=testbro/${name}`, "--label", `org.opencontainers.image.version=${hash}`);
  const onLine = (/** @type {string} */ line) => {
    const step = /^Step \d+\/\d+ : \w+/.exec(line)?.[0];
    if (step) detail(step);
  };
  const { code, stdout, stderr } = await engine.docker([...args, context], { timeout: BUILD_TIMEOUT, onLine });
  if (code === 0) return;
  const how = code === 124 ? `did not end within ${BUILD_TIMEOUT / 60_000} minutes` : `ended with code ${code}`;
  throw new ToolchainError(`Building image ${name} ${how}. Its last lines:\n${lastLines(stdout, 15)}\n${lastLines(stderr, 8)}`.trimEnd());
}

/** A fixed number of places; whoever finds none waits for one. */
class Places {
  /** @type {(() => void)[]} */
  #waiting = [];

  /** @param {number} free */
  constructor(free) {
    this.free = free;
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async use(work) {
    if (this.free > 0) this.free -= 1;
    else await new Promise((/** @type {(value?: undefined) => void} */ next) => this.#waiting.push(next));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({
    options: { host: { type: "string" }, base: { type: "string" }, only: { type: "string" }, json: { type: "boolean" } },
  });
  try {
    const only = values.only?.split(",").filter(Boolean);
    const images = await buildImages({
      ...(values.host && { host: values.host }),
      ...(values.base && { base: values.base }),
      ...(only && { only }),
    });
    if (values.json) console.log(JSON.stringify(images, null, 2));
    else for (const reference of Object.values(images)) console.log(reference);
  } catch (error) {
    console.error(error instanceof ToolchainError ? error.message : error);
    process.exitCode = 1;
  }
}
