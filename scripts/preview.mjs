// npm run preview [-- PULUMI ARGUMENTS]: what `npm run up` would change.
import { ToolchainError } from "../toolchain/errors.mjs";
import { explain, main, prepare, pulumi } from "./local/deploy.mjs";

main(async () => {
  const args = process.argv.slice(2);
  const { stack } = await prepare(args);
  const { code, errors } = await pulumi(stack, ["preview", ...stack.withConfig, ...args]);
  const cause = explain(stack, errors);
  if (cause) throw new ToolchainError(cause);
  process.exitCode = code;
});
