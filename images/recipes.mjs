// What each image is made of: its folder's Dockerfile and files, an optional image.json, and everything below it.
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ToolchainError } from "../toolchain/errors.mjs";
import { bundleInto } from "./bundles.mjs";

/** This folder: every folder in it with a Dockerfile is an image. */
export const IMAGES_FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** Changes every hash; to be raised when the way of building changes what an image contains. */
const BUILDER_VERSION = "1";
/** Files in an image carry this time (2020-01-01 UTC), so that equal contents make equal layers. Seconds. */
const FILE_TIME = 1577836800;
/** image.json describes the image to the builder; specs test it. Neither belongs in it. */
const NOT_CONTENT = /^image\.json$|\.spec\.mjs$/;

/**
 * @typedef {object} Recipe
 * @property {string} name Name of the folder; the image is `testbro/<name>`.
 * @property {string} folder Absolute path of the folder with the Dockerfile.
 * @property {string} [parent] Name of the image that BASE is; without one BASE is the base image.
 * @property {Record<string, string>} files Further files: path in the build context → absolute path.
 * @property {string} [bundle] Module whose `bundle(folder)` fills `bundle/` of the build context. Absolute path.
 * @property {boolean} [onRequest] Built only when it is named: it takes long, and few need it. Default false.
 */

/**
 * Reads every recipe: the folders in `folder` with a Dockerfile, and `extra` folders from elsewhere.
 *
 * image.json, when there is one, may hold `parent` (another image's name), `files` (path in the build context → path relative to
 * the image's folder), `bundle` (a module, relative too) and `onRequest` (true: not among all images, only when it is named).
 *
 * @param {string} [folder]
 * @param {string[]} [extra] Absolute paths of folders with a Dockerfile.
 * @returns {Map<string, Recipe>} Parents before their children.
 * @throws {ToolchainError} Naming every recipe that is wrong.
 */
export function readRecipes(folder = IMAGES_FOLDER, extra = []) {
  const folders = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .filter((path) => existsSync(join(path, "Dockerfile")));
  /** @type {Map<string, Recipe>} */
  const recipes = new Map();
  /** @type {string[]} */
  const problems = [];
  for (const path of [...folders.sort(), ...extra]) {
    const name = basename(path);
    if (recipes.has(name)) problems.push(`${path} has the same name as ${recipes.get(name)?.folder}: rename one folder`);
    if (!existsSync(join(path, "Dockerfile"))) problems.push(`${path} has no Dockerfile: add one, or do not name the folder`);
    recipes.set(name, readRecipe(name, path, problems));
  }
  for (const { name, parent } of recipes.values()) {
    if (parent !== undefined && !recipes.has(parent)) {
      problems.push(`${name}/image.json says parent "${parent}": use one of ${[...recipes.keys()].join(", ")}`);
    }
  }
  if (problems.length === 0) return parentsFirst(recipes);
  throw new ToolchainError(`The image recipes are wrong:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
}

/**
 * @param {string} name
 * @param {string} folder
 * @param {string[]} problems
 * @returns {Recipe}
 */
function readRecipe(name, folder, problems) {
  const path = join(folder, "image.json");
  if (!existsSync(path)) return { name, folder, files: {} };
  /** @type {unknown} */
  let json;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    problems.push(`${path} is not JSON: ${/** @type {Error} */ (error).message}`);
    return { name, folder, files: {} };
  }
  const {
    parent,
    files = {},
    bundle,
    onRequest = false,
    ...unknown
  } = /** @type {{ parent?: string, files?: Record<string, string>, bundle?: string, onRequest?: boolean }} */ (json);
  for (const key of Object.keys(unknown)) problems.push(`${path} has "${key}": use only parent, files, bundle and onRequest`);
  const absolute = Object.fromEntries(Object.entries(files).map(([to, from]) => [to, resolve(folder, from)]));
  const module = bundle === undefined ? undefined : resolve(folder, bundle);
  for (const source of [...Object.values(absolute), ...(module === undefined ? [] : [module])]) {
    if (!existsSync(source)) problems.push(`${path} names ${relative(folder, source)}, which does not exist: correct the path`);
  }
  return {
    name,
    folder,
    files: absolute,
    ...(parent === undefined ? {} : { parent }),
    ...(module === undefined ? {} : { bundle: module }),
    ...(onRequest ? { onRequest } : {}),
  };
}

/**
 * @param {Map<string, Recipe>} recipes
 * @returns {Map<string, Recipe>}
 */
function parentsFirst(recipes) {
  /** @type {Map<string, Recipe>} */
  const ordered = new Map();
  /** @param {Recipe} recipe @param {string[]} children */
  const add = (recipe, children) => {
    if (ordered.has(recipe.name)) return;
    if (children.includes(recipe.name)) {
      throw new ToolchainError(
        `The images ${[...children, recipe.name].join(" → ")} are each other's parents: remove one "parent" from image.json`,
      );
    }
    const parent = recipe.parent === undefined ? undefined : recipes.get(recipe.parent);
    if (parent) add(parent, [...children, recipe.name]);
    ordered.set(recipe.name, recipe);
  };
  for (const recipe of recipes.values()) add(recipe, []);
  return ordered;
}

/**
 * Lays out the build context: the folder, the further files and the bundle, with modes and times that do not depend on the
 * checkout (its umask, the time of its making).
 *
 * @param {Recipe} recipe
 * @param {string} context An empty folder.
 */
export async function layOut(recipe, context) {
  cpSync(recipe.folder, context, { recursive: true, filter: (source) => !NOT_CONTENT.test(basename(source)) });
  for (const [to, from] of Object.entries(recipe.files)) {
    mkdirSync(dirname(join(context, to)), { recursive: true });
    cpSync(from, join(context, to), { recursive: true });
  }
  if (recipe.bundle) await bundleInto(recipe.bundle, join(context, "bundle"));
  for (const path of everything(context)) {
    const stat = statSync(path);
    chmodSync(path, stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644);
    utimesSync(path, FILE_TIME, FILE_TIME);
  }
}

/**
 * The identity of an image: what it is built from, and nothing of where or when.
 *
 * @param {string} context A folder made by {@link layOut}.
 * @param {string} base What BASE is: the base image's reference, or the parent's name and hash.
 * @returns {string} 16 hexadecimal digits.
 */
export function hashOf(context, base) {
  const hash = createHash("sha256").update(JSON.stringify([BUILDER_VERSION, base]));
  for (const path of everything(context)) {
    const stat = statSync(path);
    if (stat.isDirectory()) continue;
    const content = readFileSync(path);
    hash.update(JSON.stringify([relative(context, path), (stat.mode & 0o100) !== 0, content.length])).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/** @param {string} folder @returns {string[]} Every file and folder below it, sorted. */
function everything(folder) {
  return readdirSync(folder, { recursive: true })
    .map((path) => join(folder, String(path)))
    .sort();
}
