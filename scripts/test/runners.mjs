import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKOUT } from "../local/checkout.mjs";
import { TAGS } from "../../toolchain/pulumi/recipe.mjs";

const BIN = (name) => join(CHECKOUT, "node_modules", ".bin", name);

/** Runs a command with its output in the terminal. @returns {Promise<number>} its exit code */
function visible(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: CHECKOUT, stdio: ["ignore", "inherit", "inherit"], ...options });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * A check that passes or fails as a whole, e.g. the linter.
 * @param {string} title @param {string} command @param {string[]} args
 * @returns {Promise<import("./counts.mjs").Counts>}
 */
export async function check(title, command, args) {
  const code = await visible(BIN(command), args);
  console.log(`${code === 0 ? "✓" : "✗"} ${title}`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/**
 * Mocha on some specs. A run that ends without a tally (it crashed, or found no spec) counts as one failure.
 * @param {string[]} specs globs
 * @param {{wrap?: (command: string[]) => string[], env?: NodeJS.ProcessEnv, args?: string[]}} [options] `wrap` puts the command
 * into another, e.g. one that enters a network namespace
 * @returns {Promise<import("./counts.mjs").Counts>}
 */
export async function mocha(specs, { wrap = (command) => command, env = process.env, args = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "testbro-tally-"));
  const tally = join(folder, "counts.json");
  try {
    const [command, ...rest] = wrap([
      process.execPath,
      BIN("mocha"),
      "--reporter",
      join(CHECKOUT, "scripts/test/tally.cjs"),
      ...args,
      ...specs,
    ]);
    const code = await visible(command, rest, { env: { ...env, TESTBRO_TALLY: tally } });
    let counts;
    try {
      counts = JSON.parse(readFileSync(tally, "utf8"));
    } catch {
      counts = { passed: 0, failed: 1, skipped: 0 };
    }
    const silent = code !== 0 && counts.failed === 0;
    return silent || counts.passed + counts.failed + counts.skipped === 0 ? { ...counts, failed: counts.failed + 1 } : counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The flags that the plugins are built with, so that tests share the build's compiled packages. */
const TEST_FLAGS = ["-trimpath", "-tags", TAGS];

/**
 * `go test` on one module.
 * @param {string} folder
 * @returns {Promise<import("./counts.mjs").Counts>}
 */
export function goTest(folder) {
  return new Promise((resolve) => {
    const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly -buildvcs=false", CGO_ENABLED: "0" };
    const child = spawn("go", ["test", "-json", ...TEST_FLAGS, "./..."], {
      cwd: join(CHECKOUT, folder),
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const outputs = new Map();
    let rest = "";
    const line = (text) => {
      if (!text.startsWith("{")) return;
      const { Action, Package, Test, Output } = JSON.parse(text);
      const key = `${Package}/${Test ?? ""}`;
      if (Action === "output") outputs.set(key, (outputs.get(key) ?? "") + Output);
      if (!Test && Action !== "fail") return;
      if (Action === "pass") counts.passed += 1;
      if (Action === "skip") counts.skipped += 1;
      if (Action === "fail" && (Test || counts.failed === 0)) counts.failed += 1;
      if (Action === "fail" || Action === "skip") console.log(outputs.get(key) ?? key);
    };
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(line);
    });
    child.on("error", () => resolve({ passed: 0, failed: 1, skipped: 0 }));
    child.on("close", (code) => {
      if (code !== 0 && counts.failed === 0) counts.failed = 1;
      console.log(`${counts.failed === 0 ? "✓" : "✗"} go test in ${folder}: ${counts.passed} passed, ${counts.failed} failed`);
      resolve(counts);
    });
  });
}
