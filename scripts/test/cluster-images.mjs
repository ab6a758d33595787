// The stack's images as one archive for a cluster's nodes. As a program: node scripts/test/cluster-images.mjs FOLDER
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { paths } from "../../toolchain/paths.mjs";
import { find, must } from "../../toolchain/process.mjs";
import { progress } from "../../toolchain/progress.mjs";
import { main } from "../local/deploy.mjs";
import { ensureImages } from "../local/engine.mjs";
import { ensureEngine } from "../../toolchain/docker/engine.mjs";
import { inNamespace } from "./namespace.mjs";

/** A saved set of images: the archive of `docker save`, and references by part. @typedef {{archive: string, images: Record<string, string>}} Saved */

const RECORD = "images.json";
const PROGRAM = fileURLToPath(import.meta.url);

/** What a cluster from source needs and this machine lacks; undefined where it lacks nothing. */
export function whyNoCluster() {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "Linux and root";
  return find("go") ? undefined : "Go";
}

/**
 * The images of the production stack, built by the tests' engine where it does not have them. Only the newest set is kept.
 * @returns {Promise<string>} path of a JSON file, {@link Saved}
 */
export async function clusterImages() {
  const folder = join(paths().cache, "cluster-images");
  await inNamespace(async ({ wrap, env }) => {
    const [command, ...args] = wrap([process.execPath, PROGRAM, folder]);
    await must(command, args, { env, timeout: 1_800_000, what: "saving the stack's images", onLine: (line) => progress.line(line) });
  });
  return join(folder, RECORD);
}

/** @param {string} folder */
async function save(folder) {
  const { host, clientBin } = await ensureEngine({ home: paths().engine });
  const images = await ensureImages(host, ["metrics-adapter", "traefik", "discovery"]);
  // Kubernetes scales by itself.
  delete images.autoscaler;
  const references = Object.values(images);
  const archive = join(folder, `${createHash("sha256").update(references.join()).digest("hex").slice(0, 16)}.tar`);
  const record = join(folder, RECORD);
  if (existsSync(archive) && existsSync(record)) return;
  const before = existsSync(record) ? JSON.parse(readFileSync(record, "utf8")).archive : undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = `${archive}.unfinished`;
  await progress.step("Saving the stack's images", () =>
    must(clientBin, ["-H", host, "save", "--output", unfinished, ...references], { timeout: 600_000, what: "saving the stack's images" }),
  );
  renameSync(unfinished, archive);
  writeFileSync(record, JSON.stringify({ archive, images }));
  if (before && before !== archive) rmSync(before, { force: true });
}

if (process.argv[1] === PROGRAM) main(() => save(process.argv[2] ?? ""));
