// Unfinished work: made aside, then moved into place as a whole, so that nothing half-made is ever taken for finished.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startOf } from "./process.mjs";

/**
 * Runs `work` with a new empty folder that is removed afterwards; what is to stay, `work` renames away. Folders of processes
 * that were killed are removed by the next call.
 *
 * @template T
 * @param {string} root Folder of all unfinished work, on the same file system as where results go.
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inScratch(root, work) {
  mkdirSync(root, { recursive: true });
  sweep(root);
  const folder = mkdtempSync(join(root, "work-"));
  const owner = `${folder}.owner`;
  writeFileSync(owner, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(owner, { force: true });
  }
}

/** @param {string} root */
function sweep(root) {
  for (const name of readdirSync(root).filter((entry) => entry.endsWith(".owner"))) {
    const owner = join(root, name);
    const folder = owner.slice(0, -".owner".length);
    if (existsSync(folder) && isAlive(owner)) continue;
    rmSync(folder, { recursive: true, force: true });
    rmSync(owner, { force: true });
  }
}

/** @param {string} owner */
function isAlive(owner) {
  try {
    const { pid, start } = JSON.parse(readFileSync(owner, "utf8"));
    return startOf(pid) === start;
  } catch {
    return false;
  }
}
