// npm test [SUITE …] [-- MOCHA ARGUMENTS]: sets up whatever is missing, runs the suites, ends with "N passed, N failed".
import { ToolchainError } from "../toolchain/errors.mjs";
import { build, ensureDependencies } from "./local/dependencies.mjs";
import { main } from "./local/deploy.mjs";
import { add, closingLine } from "./test/counts.mjs";
import { BY_NAME, SUITES } from "./test/suites.mjs";

main(async () => {
  const given = process.argv.slice(2);
  const divider = given.findIndex((arg) => arg.startsWith("-"));
  const names = divider < 0 ? given : given.slice(0, divider);
  const args = divider < 0 ? [] : given.slice(divider);
  const unknown = names.filter((name) => !(name in SUITES));
  if (unknown.length > 0)
    throw new ToolchainError(`${unknown.join(", ")}: not a suite. Fix: name some of ${Object.keys(SUITES).join(", ")}.`);
  await ensureDependencies();
  await build();
  const counts = [];
  for (const name of names.length > 0 ? names : Object.keys(SUITES).filter((each) => !BY_NAME.has(each))) {
    const started = Date.now();
    console.log(`\n== ${name} ==`);
    const result = await SUITES[name]({ args });
    counts.push(result);
    console.log(`== ${name}: ${closingLine(result)} in ${Math.round((Date.now() - started) / 1000)} s ==`);
  }
  const total = add(counts);
  console.log(`\n${closingLine(total)}`);
  process.exitCode = total.failed > 0 ? 1 : 0;
});
