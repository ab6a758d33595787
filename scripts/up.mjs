// npm run up [-- PULUMI ARGUMENTS]: sets up whatever is missing and deploys the local stack.
import { ToolchainError } from "../toolchain/errors.mjs";
import { explain, main, outputs, prepare, pulumi } from "./local/deploy.mjs";
import { FailureWatch } from "./local/failures.mjs";
import { checkPorts } from "./local/ports.mjs";
import { recover } from "./local/recovery.mjs";
import { describeStatus, overall, serviceStatus } from "./local/status.mjs";

main(async () => {
  const args = process.argv.slice(2);
  const { docker, stack, config } = await prepare(args);
  await recover(stack, docker, config.name);
  await checkPorts(docker, config);
  const watch = new FailureWatch(docker, config.name);
  await watch.start();
  const { code, errors } = await pulumi(stack, ["up", "--yes", "--suppress-outputs", ...stack.withConfig, ...args]);
  await watch.stop();
  if (code !== 0) {
    const causes = [...watch.describe(), explain(stack, errors)].filter((cause) => cause !== undefined);
    throw new ToolchainError(
      [`The stack was not brought up (pulumi ended with code ${code}). What runs now: npm run status`, ...causes].join("\n\n"),
    );
  }
  const values = await outputs(stack);
  console.log(`\n${describeStatus(overall(await serviceStatus(docker, config.name), values, stack.files.ca))}`);
});
