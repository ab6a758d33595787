import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { progress } from "../../toolchain/progress.mjs";
import { must, startOf } from "../../toolchain/process.mjs";
import { STACK_LABEL } from "./docker.mjs";

/** Docker objects a deployment makes, in the order in which they can be removed, with the type the state knows them by. */
const KINDS = [
  { kind: "service", type: "docker:index/service:Service" },
  { kind: "secret", type: "docker:index/secret:Secret" },
  { kind: "config", type: "docker:index/serviceConfig:ServiceConfig" },
  { kind: "network", type: "docker:index/network:Network" },
];

/** Releases the state's lock when the pulumi process that took it is gone. */
async function releaseLock(stack) {
  const folder = join(stack.files.backend, ".pulumi", "locks");
  if (!existsSync(folder)) return;
  const locks = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"));
  for (const file of locks) {
    const { pid, hostname: host } = JSON.parse(readFileSync(join(folder, file), "utf8"));
    if (host !== hostname() || startOf(pid) !== undefined) continue;
    progress.line(`An earlier run (process ${pid}) ended without releasing the stack; releasing it.`);
    await must(stack.bin, ["cancel", "--yes", ...stack.onStack], { env: stack.env, what: "pulumi cancel" });
    return;
  }
}

/**
 * Makes an interrupted stack usable again: releases a dead process's lock, and removes what was created without being
 * recorded, since a second creation under the same name would fail. Only objects with this deployment's label are looked at;
 * volumes are never removed.
 * @param {Awaited<ReturnType<import("./stack.mjs").openStack>>} stack
 * @param {import("./docker.mjs").Docker} docker
 * @param {string} name the deployment's name
 */
export async function recover(stack, docker, name) {
  if (!stack.exists()) return;
  await releaseLock(stack);
  const { deployment } = JSON.parse(await stack.read(["stack", "export"]));
  if (!deployment?.pending_operations?.length) return;
  progress.line(`The last run was interrupted (${deployment.pending_operations.length} unfinished operations); cleaning up after it.`);
  const recorded = new Set((deployment.resources ?? []).map((resource) => resource.id).filter(Boolean));
  for (const { kind } of KINDS) {
    const ids = (
      await docker.read([
        kind,
        "ls",
        "--filter",
        `label=${STACK_LABEL}=${name}`,
        "--format",
        "{{.ID}}",
        ...(kind === "network" ? ["--no-trunc"] : []),
      ])
    )
      .split("\n")
      .filter(Boolean);
    for (const id of ids) {
      const full = (await docker.read([kind, "inspect", "--format", kind === "network" ? "{{.Id}}" : "{{.ID}}", id])).trim();
      if (recorded.has(full)) continue;
      progress.line(`Removing ${kind} ${id}, which the interrupted run made but did not record.`);
      await docker.attempt([kind, "rm", id]);
    }
  }
  // What is pending has been removed or is recorded; the refresh that starts every update sees the rest.
  const cleaned = { version: 3, deployment: { ...deployment, pending_operations: [] } };
  await must(stack.bin, ["stack", "import", ...stack.onStack], {
    env: stack.env,
    input: JSON.stringify(cleaned),
    what: "pulumi stack import",
  });
}
