// Lets `pulumi --policy-pack` start a Node policy pack with a CLI that was built from source.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { ToolchainError } from "./errors.mjs";
import { paths as defaultPaths } from "./paths.mjs";
import { inScratch } from "./scratch.mjs";

/** @import { Paths } from "./paths.mjs" */
/** @import { Pulumi } from "./pulumi/index.mjs" */

/**
 * What to hand to `--policy-pack` for a compiled Node policy pack.
 *
 * The language host of a CLI that was built from source is an old one that cannot start policy packs. The CLI accepts an
 * executable in place of the folder, though, so a small script starts the pack the way the newer host does. With an official
 * CLI the folder itself is returned.
 *
 * @param {string} folder The pack: a folder with PulumiPolicy.yaml and a package.json whose `main` is compiled JavaScript.
 * @param {Pick<Pulumi, "origin">} pulumi As returned by ensurePulumi().
 * @param {{ stack?: string, project?: string, paths?: Paths }} [options] `stack` and `project`: what the pack's
 *   pulumi.getStack() and getProject() answer; the official host learns them from the CLI, the script has to be told.
 * @returns {Promise<string>}
 * @throws {ToolchainError} When the folder is no pack, or its dependencies are not installed.
 */
export async function preparePolicyPack(folder, { origin }, { stack, project, paths = defaultPaths() } = {}) {
  const pack = resolve(folder);
  if (!existsSync(join(pack, "PulumiPolicy.yaml"))) {
    throw new ToolchainError(`${pack} is not a policy pack: it has no PulumiPolicy.yaml. Name the folder that has one.`);
  }
  if (origin !== "source") return pack;
  const settings = [
    ...(stack ? [`export PULUMI_NODEJS_STACK=${quote(stack)} PULUMI_STACK=${quote(stack)}`] : []),
    ...(project ? [`export PULUMI_NODEJS_PROJECT=${quote(project)} PULUMI_PROJECT=${quote(project)}`] : []),
  ].map((line) => `${line}\n`);
  const script = `#!/bin/sh\n${settings.join("")}cd ${quote(pack)} && exec node ${quote(starter(pack))} "$1" .\n`;
  const host = join(paths.cache, "policy-hosts", createHash("sha256").update(script).digest("hex").slice(0, 12));
  const file = join(host, basename(pack));
  if (existsSync(file)) return file;
  mkdirSync(host, { recursive: true });
  await inScratch(paths.scratch, async (scratch) => {
    writeFileSync(join(scratch, "host"), script, { mode: 0o755 });
    renameSync(join(scratch, "host"), file);
  });
  return file;
}

/**
 * The SDK's program that serves a policy pack; the pack's own copy of the SDK, since both must be one.
 *
 * @param {string} pack
 */
function starter(pack) {
  try {
    return createRequire(join(pack, "package.json")).resolve("@pulumi/pulumi/cmd/run-policy-pack/index.js");
  } catch (error) {
    throw new ToolchainError(`The policy pack ${pack} cannot find @pulumi/pulumi; install its dependencies first (npm ci).`, {
      cause: error,
    });
  }
}

/** @param {string} text One word for sh. */
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
