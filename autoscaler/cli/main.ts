#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { EXIT, UsageError } from "./errors";
import { addOperations } from "./operate";
import { addSimulate } from "./simulate";

/** Runs the command line; the promise is the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command("testbro-autoscaler")
    .description("Auto-scaler for Docker Swarm services and Compose projects")
    .exitOverride();
  addOperations(program);
  addSimulate(program);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof UsageError) {
      for (const problem of error.problems) process.stderr.write(`error: ${problem}\n`);
      return EXIT.usage;
    }
    process.stderr.write(`error: ${(error as Error).message}\n`);
    return EXIT.failed;
  }
}

if (require.main === module) {
  void main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}
