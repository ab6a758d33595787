// One process at a time, across processes: a lock is a file that names its holder.
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ToolchainError } from "./errors.mjs";
import { sleep, startOf } from "./process.mjs";

/** @typedef {{ pid: number, start: string, nonce: string }} Holder */

/**
 * Runs `work` while no other process holds the lock; waits for one that does. A lock whose holder has died is taken over.
 *
 * @template T
 * @param {string} file The lock file; its folder is created.
 * @param {() => Promise<T>} work
 * @param {{ onWait?: (pid: number) => void, poll?: number, timeout?: number }} [options] `onWait` is called once with the
 *   holder's process id; `poll` and `timeout` in milliseconds, default 250 and one hour.
 * @returns {Promise<T>}
 * @throws {ToolchainError} When the holder keeps it longer than the time limit.
 */
export async function withLock(file, work, { onWait, poll = 250, timeout = 3_600_000 } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  const self = { pid: process.pid, start: startOf(process.pid) ?? "unknown", nonce: randomUUID() };
  const deadline = Date.now() + timeout;
  let told = false;
  while (!take(file, self)) {
    const holder = holderOf(file);
    if (holder && startOf(holder.pid) !== holder.start) {
      evict(file, holder);
      continue;
    }
    if (holder && !told) onWait?.(holder.pid);
    told ||= Boolean(holder);
    if (Date.now() > deadline) {
      throw new ToolchainError(
        `Process ${holder?.pid ?? "?"} has held ${file} for too long; end it, or delete the file if it is not running.`,
      );
    }
    await sleep(poll);
  }
  const release = () => {
    if (holderOf(file)?.nonce === self.nonce) rmSync(file, { force: true });
  };
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

/**
 * The content is written first and then linked to the name, so that a lock without a holder is never seen.
 *
 * @param {string} file @param {Holder} self
 */
function take(file, self) {
  const draft = `${file}.${self.nonce}`;
  writeFileSync(draft, JSON.stringify(self));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @param {string} file @returns {Holder | undefined} */
function holderOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Removes the lock of a dead holder. Another process may do the same and take the lock in between, so what was moved away is
 * looked at once more, and put back if it is somebody's living lock.
 *
 * @param {string} file @param {Holder} dead
 */
function evict(file, dead) {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  try {
    if (holderOf(aside)?.nonce !== dead.nonce) linkSync(aside, file);
  } catch {
    // Somebody took the lock meanwhile; theirs stands.
  } finally {
    rmSync(aside, { force: true });
  }
}
