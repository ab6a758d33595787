// npm run bench:preview [-- --runs N]: how long a warm preview of the local stack takes and where the time goes.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { main, prepare } from "../../scripts/local/deploy.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { busyMachine, today, writeResults } from "../readme.mjs";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const CLOCK = join(FOLDER, "program-clock.mjs");

/** Targets in seconds, for a machine with two cores. */
const TARGETS = { "without refresh": 4, "with refresh": 9 };

/** Runs a command without its output. @returns {Promise<{from: number, to: number}>} milliseconds since 1970 */
function timed(command, args, env) {
  return new Promise((resolve, reject) => {
    const from = Date.now();
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (said += part));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve({ from, to: Date.now() });
      else reject(new ToolchainError(`${[command, ...args].join(" ")} ended with code ${code}:\n${said.slice(-2000)}`));
    });
  });
}

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Medians of each key over several measurements. @param {Record<string, number>[]} all @returns {Record<string, number>} */
function medians(all) {
  return Object.fromEntries(Object.keys(all[0] ?? {}).map((key) => [key, median(all.map((one) => one[key] ?? NaN))]));
}

/** One preview, cut into its parts. Seconds. */
async function preview(stack, refresh, clockFile) {
  const env = {
    ...stack.env,
    TESTBRO_PROGRAM_CLOCK: clockFile,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --import ${CLOCK}`.trim(),
  };
  rmSync(clockFile, { force: true });
  const { from, to } = await timed(
    stack.bin,
    ["preview", `--refresh=${refresh}`, "--expect-no-changes", "--suppress-outputs", ...stack.withConfig],
    env,
  );
  const { started, loading, loaded, ended } = JSON.parse(readFileSync(clockFile, "utf8"));
  return {
    total: (to - from) / 1000,
    beforeProgram: (started - from) / 1000,
    sdk: (loading - started) / 1000,
    program: (loaded - loading) / 1000,
    resources: (ended - loaded) / 1000,
    end: (to - ended) / 1000,
  };
}

const seconds = (/** @type {number | undefined} */ value) => (value ?? NaN).toFixed(2);

main(async () => {
  const { values } = parseArgs({ options: { runs: { type: "string", default: "5" } } });
  const runs = Number(values.runs);
  if (!(Number.isInteger(runs) && runs > 0)) throw new ToolchainError(`--runs is "${values.runs}". Fix: write a whole number above 0.`);
  const { stack } = await prepare([]);
  const { deployment } = JSON.parse(await stack.read(["stack", "export"]));
  const count = deployment?.resources?.length ?? 0;
  if (count < 2) throw new ToolchainError("The local stack is not up, so a preview would not be warm. Fix: npm run up");
  const folder = mkdtempSync(join(tmpdir(), "testbro-preview-"));
  const clockFile = join(folder, "clock.json");
  const round = async (/** @type {boolean} */ refresh) => {
    const all = [];
    // The first one warms the file cache and is not counted.
    for (let run = 0; run <= runs; run++) {
      const parts = await preview(stack, refresh, clockFile);
      console.log(`${refresh ? "with" : "without"} refresh: ${seconds(parts.total)} s${run === 0 ? " (not counted)" : ""}`);
      if (run > 0) all.push(parts);
    }
    return medians(all);
  };
  try {
    const without = await round(false);
    const withRefresh = await round(true);
    const cli = medians(await repeat(runs, () => timed(stack.bin, ["version"], stack.env)));
    const state = medians(await repeat(runs, () => timed(stack.bin, ["stack", "export", "--show-secrets", ...stack.onStack], stack.env)));
    const command = medians(await repeat(runs, () => timed(process.execPath, ["scripts/preview.mjs"], process.env)));
    const row = (/** @type {string} */ name, /** @type {string} */ key) =>
      `| ${name} | ${seconds(without[key])} | ${seconds(withRefresh[key])} | ${seconds((withRefresh[key] ?? NaN) - (without[key] ?? NaN))} |`;
    const met = { "without refresh": without.total, "with refresh": withRefresh.total };
    await writeResults(
      import.meta.url,
      [
        `Measured on ${today()} with \`npm run bench:preview\`: medians of ${runs} runs, seconds, on ${busyMachine()}, ${count} resources in the state.`,
        "",
        "| Part | without refresh | with refresh | the refresh costs |",
        "| --- | --- | --- | --- |",
        row("CLI, state, plugins, and the refresh, until the program starts", "beforeProgram"),
        row("Node and Pulumi's SDK start", "sdk"),
        row("loading the program and building its tree", "program"),
        row("registering resources: engine and providers compare them with the state", "resources"),
        row("CLI ends", "end"),
        row("**total of `pulumi preview`**", "total"),
        "",
        ...Object.entries(TARGETS).map(
          ([name, target]) =>
            `- Target ${name}: at most ${target} s; ${(met[/** @type {"with refresh"} */ (name)] ?? NaN) <= target ? "met" : "**missed**"}.`,
        ),
        `- Of the first part, the bare start of the CLI (\`pulumi version\`) takes ${seconds(cli.took)} s; opening the state and its secrets with it (\`pulumi stack export --show-secrets\`) ${seconds(state.took)} s.`,
        `- \`npm run preview\`, which also looks after toolchain, compilation, engine and images: ${seconds(command.took)} s.`,
      ].join("\n"),
    );
    console.log("Results: bench/preview/README.md");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** @param {number} runs @param {() => Promise<{from: number, to: number}>} work */
async function repeat(runs, work) {
  const all = [];
  for (let run = 0; run < runs; run++) {
    const { from, to } = await work();
    all.push({ took: (to - from) / 1000 });
  }
  return all;
}
