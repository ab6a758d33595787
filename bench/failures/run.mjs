// npm run bench:failures [-- --only a,b] [--balancer nginx|traefik] [--mode fresh|keep-alive] [--rate N] [--seconds N] [--outage N] [--here] [--list]
// Does bad things to a local stack under load and writes what failed into README.md and results.json. The stack is one of its own,
// in a network namespace of its own as in the tests; with --here the local stack that runs.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { build, ensureDependencies } from "../../scripts/local/dependencies.mjs";
import { main } from "../../scripts/local/deploy.mjs";
import { apart, openStack } from "../local-stack.mjs";

/** Numbers from the command line. @param {Record<string, string>} given @returns {Record<string, number>} */
function numbers(given) {
  const problems = Object.entries(given)
    .filter(([, text]) => !(Number(text) > 0))
    .map(([key, text]) => `--${key} is "${text}". Fix: write a number above 0.`);
  if (problems.length > 0) throw new ToolchainError(problems.join("\n"));
  return Object.fromEntries(Object.entries(given).map(([key, text]) => [key, Number(text)]));
}

/** @param {unknown} error */
const asToolchainError = (error) => new ToolchainError(`${error instanceof Error ? error.message : error}`);

function options() {
  const text = (/** @type {string} */ value) => /** @type {const} */ ({ type: "string", default: value });
  const flags = {
    only: text(""),
    mode: text(""),
    balancer: text("nginx"),
    rate: text("100"),
    seconds: text("60"),
    outage: text("300"),
    list: { type: "boolean" },
    here: { type: "boolean" },
  };
  try {
    return parseArgs({ options: /** @type {any} */ (flags) }).values;
  } catch (error) {
    throw asToolchainError(error);
  }
}

main(async () => {
  const { only, mode, balancer, list, here, ...given } = options();
  const { rate, seconds, outage } = numbers(given);
  await ensureDependencies();
  await build();
  const { SCENARIOS } = await import("./scenarios.mjs");
  if (list) return void SCENARIOS.forEach(({ id, title }) => console.log(`${id.padEnd(14)} ${title}`));
  if (!["nginx", "traefik"].includes(balancer)) throw new ToolchainError(`--balancer is "${balancer}". Fix: nginx or traefik.`);
  const ids = SCENARIOS.map(({ id }) => id);
  const wanted = only ? only.split(",") : ids;
  const unknown = wanted.filter((/** @type {string} */ id) => !ids.includes(id));
  if (unknown.length > 0) throw new ToolchainError(`${unknown.join(", ")}: not a scenario. Fix: name some of ${ids.join(", ")}.`);
  const modes = mode ? [mode] : ["fresh", "keep-alive"];
  if (!modes.every((each) => ["fresh", "keep-alive"].includes(each)))
    throw new ToolchainError(`--mode is "${mode}". Fix: fresh or keep-alive.`);

  if (!here) {
    process.exitCode = await apart(fileURLToPath(import.meta.url), process.argv.slice(2));
    return;
  }
  const { measure } = await import("./measure.mjs");
  const { keep, writeTable } = await import("./results.mjs");
  const { config } = await import("../../test/dist/swarm/configuration.js");
  // What is counted is what the event does; the auto-scaler would add events of its own.
  const stack = await openStack(config("autoscaler.enabled=false", `loadBalancer=${balancer}`));
  await stack.engine.scale(stack.service("backend"), 2);
  const bench = { ...stack, balancer, outageSeconds: outage };
  let bad = 0;
  for (const scenario of SCENARIOS.filter(({ id }) => wanted.includes(id))) {
    for (const each of modes) {
      console.log(`\n${scenario.title}, ${each} connections`);
      const row = await measure(bench, scenario, { mode: each, rate, seconds, onProgress: (line) => console.log(`  ${line}`) });
      await writeTable(keep(row), ids);
      console.log(
        `  ${row.failed.GET} GET and ${row.failed.POST} POST failed (${row.inFlight} in flight on a killed process); ${row.note}`,
      );
      for (const problem of [...row.wrong, ...row.contradictions.slice(0, 5)]) console.log(`  WRONG: ${problem}`);
      if (row.wrong.length + row.contradictions.length > 0) bad += 1;
    }
  }
  console.log(`\nResults: bench/failures/README.md${bad > 0 ? `; ${bad} runs went wrong` : ""}`);
  process.exitCode = bad > 0 ? 1 : 0;
});
