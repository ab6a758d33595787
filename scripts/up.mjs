// npm run up [-- [--policy PRESET] PULUMI ARGUMENTS]: sets up whatever is missing and deploys the local stack.
import { ToolchainError } from "../toolchain/errors.mjs";
import { whileHeld } from "./local/autoscaler.mjs";
import { alone, main, outputs, prepare, pulumi } from "./local/deploy.mjs";
import { FailureWatch } from "./local/failures.mjs";
import { checkOwner } from "./local/owner.mjs";
import { takePreset, withPolicies } from "./local/policies.mjs";
import { checkPorts } from "./local/ports.mjs";
import { recover } from "./local/recovery.mjs";
import { Rollouts } from "./local/rollouts.mjs";
import { explain } from "./local/stack.mjs";
import { describeStatus, overall, serviceStatus } from "./local/status.mjs";

/** Deploys, watching for replicas that fail. @throws ToolchainError with what failed first */
async function deploy(stack, docker, name, args) {
  const watch = new FailureWatch(docker, name);
  const rollouts = new Rollouts(docker, name);
  await Promise.all([watch.start(), rollouts.start()]);
  let result;
  let failed = [];
  try {
    result = await pulumi(stack, ["up", "--yes", "--skip-preview", "--suppress-outputs", ...stack.withConfig, ...args]);
    if (result.code === 0) failed = await rollouts.settle();
  } finally {
    await watch.stop();
  }
  if (result.code === 0 && failed.length === 0) return;
  const causes = [...failed, ...watch.describe(), explain(stack.files, result.errors)].filter((cause) => cause !== undefined);
  const how = result.code === 0 ? "a new release did not stay" : `pulumi ended with code ${result.code}`;
  throw new ToolchainError([`The stack was not brought up (${how}). What runs now: npm run status`, ...causes].join("\n\n"));
}

main(() =>
  alone(async () => {
    const taken = takePreset(process.argv.slice(2));
    const { docker, stack: plain, config } = await prepare(taken.rest);
    const { stack, args } = await withPolicies(plain, taken);
    await checkOwner(docker, config.name);
    await recover(stack, docker, config.name);
    await checkPorts(docker, config);
    await whileHeld(docker, config.name, () => deploy(stack, docker, config.name, args));
    const values = await outputs(stack);
    console.log(`\n${describeStatus(overall(await serviceStatus(docker, config.name), values, stack.files.ca))}`);
  }),
);
