import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { paths } from "../../toolchain/paths.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";

/** Label whose value says which state an object belongs to; a name alone may be somebody else's too. */
export const OWNER_LABEL = "testbro.owner";

/** This machine user's mark on what the local stack makes; made once, kept as long as the state. @returns {string} */
export function owner() {
  const file = join(paths().state, "owner");
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, randomUUID().slice(0, 8));
  }
  return readFileSync(file, "utf8").trim();
}

/**
 * Refuses a name that another deployment on this engine has: its services or volumes would be taken for ours.
 * @param {import("./docker.mjs").Docker} docker
 * @param {string} name
 * @throws ToolchainError naming key, value and fix
 */
export async function checkOwner(docker, name) {
  for (const kind of ["service", "volume"]) {
    const foreign = (await docker.named(kind, name)).filter((object) => object.owner !== owner());
    if (foreign.length === 0) continue;
    throw new ToolchainError(
      `testbro:name: another deployment on ${docker.host} is named "${name}": it has the ${kind}s ${foreign.map((each) => each.name).join(", ")}. ` +
        "Fix: give this one another testbro:name (and ports) in Pulumi.local.yaml, or remove those first.",
    );
  }
}
