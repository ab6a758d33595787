// npm run preview [-- [--policy PRESET] PULUMI ARGUMENTS]: what `npm run up` would change, and whether the policies allow it.
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ToolchainError } from "../toolchain/errors.mjs";
import { alone, main, prepare, pulumi } from "./local/deploy.mjs";
import { takePreset, withPolicies } from "./local/policies.mjs";
import { explain } from "./local/stack.mjs";

main(() =>
  alone(async () => {
    const taken = takePreset(process.argv.slice(2));
    const { stack, args } = await withPolicies((await prepare(taken.rest)).stack, taken);
    // Pulumi saves --config values in the file it is given, and a preview must not change anything.
    const copy = join(stack.files.home, "preview.yaml");
    copyFileSync(stack.files.config, copy);
    try {
      const { code, errors } = await pulumi(stack, ["preview", ...stack.onStack, "--config-file", copy, ...args]);
      const cause = explain(stack.files, errors);
      if (cause) throw new ToolchainError(cause);
      process.exitCode = code;
    } finally {
      rmSync(copy, { force: true });
    }
  }),
);
