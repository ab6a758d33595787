// npm run bench:scaling [-- --only a,b] [--here] [--list]
// Puts the auto-scaler through its scenarios on a local stack of its own, in a network namespace of its own as in the tests (with
// --here on the local stack that runs), and writes what was seen into README.md and results.json.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, ensureDependencies } from "../../scripts/local/dependencies.mjs";
import { main } from "../../scripts/local/deploy.mjs";
import { inNamespace } from "../../scripts/test/namespace.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";

function options() {
  try {
    return parseArgs({ options: { only: { type: "string" }, list: { type: "boolean" }, here: { type: "boolean" } } }).values;
  } catch (error) {
    throw new ToolchainError(error instanceof Error ? error.message : String(error));
  }
}

/** A stack that runs: the one that is there, else one that is started for it. */
async function open() {
  const { status } = await import("../../test/dist/swarm/app.js");
  const { script, eventually } = await import("../../test/dist/swarm/commands.js");
  const { Engine } = await import("../../test/dist/swarm/engine.js");
  const run = (/** @type {any} */ name, /** @type {string[]} */ args = []) => script(name, args, { timeout: 1_200_000 });
  if (!(await status()).healthy) {
    console.log("No healthy local stack runs; starting one (npm run up).");
    const { code, output } = await run("up");
    if (code !== 0) throw new ToolchainError(output);
  }
  const now = await status();
  const service = (/** @type {string} */ end) => {
    const found = now.services.find(({ name }) => name.endsWith(`-${end}`));
    if (!found) throw new ToolchainError(`No service ends with -${end}: ${now.services.map(({ name }) => name).join(", ")}.`);
    return found.name;
  };
  return { engine: await Engine.open(), status: now, service, script: run, eventually, outageSeconds: 0 };
}

/** This program again, on a stack of its own. @param {string[]} args @returns {Promise<number>} exit code */
function apart(args) {
  return inNamespace(async ({ wrap, env }) => {
    const run = (/** @type {string[]} */ command) =>
      new Promise((resolve, reject) => {
        const [program, ...rest] = wrap([process.execPath, ...command]);
        const child = spawn(program ?? "", rest, { env, stdio: "inherit" });
        child.on("error", reject);
        child.on("close", (code) => resolve(code ?? 1));
      });
    try {
      return await run([fileURLToPath(import.meta.url), "--here", ...args]);
    } finally {
      await run([fileURLToPath(new URL("../../scripts/down.mjs", import.meta.url)), "--volumes", "--yes"]);
    }
  });
}

main(async () => {
  const { only, list, here } = options();
  await ensureDependencies();
  await build();
  const { SCENARIOS } = await import("./scenarios.mjs");
  if (list) return void SCENARIOS.forEach(({ id, title }) => console.log(`${id.padEnd(16)} ${title}`));
  const ids = SCENARIOS.map(({ id }) => id);
  const wanted = only ? only.split(",") : ids;
  const unknown = wanted.filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new ToolchainError(`${unknown.join(", ")}: not a scenario. Fix: name some of ${ids.join(", ")}.`);
  if (!here) {
    process.exitCode = await apart(process.argv.slice(2));
    return;
  }
  const { keep, writeTable } = await import("./results.mjs");
  const bench = await open();
  let bad = 0;
  try {
    for (const scenario of SCENARIOS.filter(({ id }) => wanted.includes(id))) {
      console.log(`\n${scenario.title}`);
      const row = await scenario.run(bench);
      await writeTable(keep(row), ids);
      console.log(`  ${row.failed} of ${row.sent} requests failed; ${row.seen}`);
      for (const problem of row.wrong) console.log(`  WRONG: ${problem}`);
      if (row.wrong.length > 0 || row.failed > 0) bad += 1;
    }
  } finally {
    // Back to what the configuration says.
    await bench.script("up");
  }
  console.log(`\nResults: bench/scaling/README.md${bad > 0 ? `; ${bad} scenarios went wrong` : ""}`);
  process.exitCode = bad > 0 ? 1 : 0;
});
