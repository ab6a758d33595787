import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { step } from "../../toolchain/progress.mjs";
import { must } from "../../toolchain/process.mjs";
import { CHECKOUT } from "./checkout.mjs";

/** Whether node_modules holds what the lockfile says, by npm's own record of the last install. */
function installed() {
  const record = join(CHECKOUT, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(CHECKOUT, "package-lock.json"), "utf8")).packages;
  const found = JSON.parse(readFileSync(record, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => !path.startsWith("node_modules/") || entry.optional || found[path]?.version === entry.version,
  );
}

/** Installs the npm packages of the lockfile unless they are there. */
export async function ensureDependencies() {
  if (installed()) return;
  await step("Installing npm packages", () =>
    must("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: CHECKOUT, what: "npm ci" }),
  );
}

/**
 * Compiles TypeScript projects whose sources changed, and those they refer to.
 * @param {string[]} projects folders; none: all of them
 */
export async function build(projects = []) {
  const tsc = join(CHECKOUT, "node_modules/typescript/bin/tsc");
  await step("Compiling", () => must(process.execPath, [tsc, "-b", ...projects], { cwd: CHECKOUT, what: "compiling" }));
}
