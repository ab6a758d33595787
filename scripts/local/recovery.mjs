import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { progress } from "../../toolchain/progress.mjs";
import { argumentsOf, must } from "../../toolchain/process.mjs";

/** Docker objects a deployment makes, in the order in which they can be removed. Volumes are not among them. */
const KINDS = ["service", "secret", "config", "network"];

/** The process that holds a lock of pulumi's; undefined when it is unreadable or its process is gone. @param {string} file */
function holderOf(file) {
  try {
    const { pid, hostname: host } = JSON.parse(readFileSync(file, "utf8"));
    const alive = host !== hostname() || argumentsOf(pid).some((argument) => argument.includes("pulumi"));
    return alive ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}

/** Releases the stack's locks whose pulumi process is gone. @throws ToolchainError when one is still at work */
function releaseLocks(stack) {
  const folder = join(stack.files.backend, ".pulumi", "locks");
  if (!existsSync(folder)) return;
  const locks = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"));
  for (const file of locks.map((name) => join(folder, name))) {
    const holder = holderOf(file);
    if (holder) {
      throw new ToolchainError(
        `Another pulumi (process ${holder.pid} on ${holder.host}) is updating the stack. Fix: wait until it has ended; if it has not really, delete ${file}.`,
      );
    }
    progress.line("An earlier run ended without releasing the stack; releasing it.");
    rmSync(file, { force: true });
  }
}

/** Removes this owner's Docker objects that the state does not know. @throws ToolchainError naming what could not be removed */
async function removeUnrecorded(docker, name, recorded) {
  const left = [];
  for (const kind of KINDS) {
    const unrecorded = (await docker.own(kind, name)).filter((id) => !recorded.some((full) => full.startsWith(id)));
    if (unrecorded.length === 0) continue;
    progress.line(`Removing what the interrupted run made but did not record: ${kind} ${unrecorded.join(", ")}`);
    left.push(...(await docker.remove(kind, unrecorded)).map((id) => `${kind} ${id}`));
  }
  if (left.length > 0) throw new ToolchainError(`Could not remove ${left.join(", ")}. Fix: see what uses it, then run the command again.`);
}

/**
 * Makes an interrupted stack usable again: releases a dead process's lock, and removes what was created without being
 * recorded, since a second creation under the same name would fail. Only objects with this owner's label are looked at;
 * volumes are never removed.
 * @param {Awaited<ReturnType<import("./stack.mjs").openStack>>} stack
 * @param {import("./docker.mjs").Docker} docker
 * @param {string} name the deployment's name
 */
export async function recover(stack, docker, name) {
  if (!stack.exists()) return;
  releaseLocks(stack);
  const exported = JSON.parse(await stack.read(["stack", "export"]));
  const pending = exported.deployment?.pending_operations ?? [];
  if (pending.length === 0) return;
  progress.line(`The last run was interrupted (${pending.length} unfinished operations); cleaning up after it.`);
  const recorded = (exported.deployment.resources ?? []).map((resource) => resource.id).filter(Boolean);
  await removeUnrecorded(docker, name, recorded);
  // What was pending is gone or recorded; the refresh that starts every update sees the rest.
  const cleaned = { ...exported, deployment: { ...exported.deployment, pending_operations: [] } };
  await must(stack.bin, ["stack", "import", ...stack.onStack], {
    env: stack.env,
    input: JSON.stringify(cleaned),
    what: "pulumi stack import",
  });
}

/**
 * Removes all of a deployment without pulumi, for a state that can no longer be opened.
 * @param {import("./docker.mjs").Docker} docker
 * @param {string} name
 */
export const removeWithoutState = (docker, name) => removeUnrecorded(docker, name, []);
