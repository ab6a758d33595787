// npm run bench:scaling [-- --only a,b] [--here] [--list]
// Puts the auto-scaler through its scenarios on a local stack of its own, in a network namespace of its own as in the tests (with
// --here on the local stack that runs), and writes what was seen into README.md and results.json.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, ensureDependencies } from "../../scripts/local/dependencies.mjs";
import { main } from "../../scripts/local/deploy.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { apart, openStack } from "../local-stack.mjs";

function options() {
  try {
    return parseArgs({ options: { only: { type: "string" }, list: { type: "boolean" }, here: { type: "boolean" } } }).values;
  } catch (error) {
    throw new ToolchainError(error instanceof Error ? error.message : String(error));
  }
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
    process.exitCode = await apart(fileURLToPath(import.meta.url), process.argv.slice(2));
    return;
  }
  const { keep, writeTable } = await import("./results.mjs");
  const bench = { ...(await openStack()), outageSeconds: 0 };
  let bad = 0;
  try {
    for (const scenario of SCENARIOS.filter(({ id }) => wanted.includes(id))) {
      console.log(`\n${scenario.title}`);
      const row = await scenario.run(bench);
      await writeTable(keep(row), ids);
      console.log(`  ${row.failed} of ${row.sent} requests failed; ${row.seen}`);
      for (const problem of row.wrong) console.log(`  WRONG: ${problem}`);
      if (row.wrong.length > 0 || (row.failed > 0 && !scenario.harmful)) bad += 1;
    }
  } finally {
    // Back to what the configuration says.
    await bench.script("up");
  }
  console.log(`\nResults: bench/scaling/README.md${bad > 0 ? `; ${bad} scenarios went wrong` : ""}`);
  process.exitCode = bad > 0 ? 1 : 0;
});
