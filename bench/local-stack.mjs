// The local stack that a benchmark works on: one of its own in a network namespace of its own as in the tests, or the one that runs.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inNamespace } from "../scripts/test/namespace.mjs";
import { ToolchainError } from "../toolchain/errors.mjs";

/**
 * A stack that runs: the one that is there, else one that is started for it.
 * @param {string[]} [upArgs] arguments of every `npm run up`; the stack that is there is then brought to them too
 */
export async function openStack(upArgs = []) {
  const { status } = await import("../test/dist/swarm/app.js");
  const { script, eventually } = await import("../test/dist/swarm/commands.js");
  const { Engine } = await import("../test/dist/swarm/engine.js");
  const run = (/** @type {any} */ name, /** @type {string[]} */ args = []) =>
    script(name, name === "up" ? [...upArgs, ...args] : args, { timeout: 1_200_000 });
  const healthy = (await status()).healthy;
  if (!healthy || upArgs.length > 0) {
    if (!healthy) console.log("No healthy local stack runs; starting one (npm run up).");
    const { code, output } = await run("up");
    if (code !== 0) throw new ToolchainError(output);
  }
  const now = await status();
  const service = (/** @type {string} */ end) => {
    const found = now.services.find(({ name }) => name.endsWith(`-${end}`));
    if (!found) throw new ToolchainError(`No service ends with -${end}: ${now.services.map(({ name }) => name).join(", ")}.`);
    return found.name;
  };
  return { engine: await Engine.open(), status: now, service, script: run, eventually };
}

/**
 * Runs a benchmark again with `--here` added, in a network namespace of its own with an engine of its own.
 * @param {string} program path of the benchmark
 * @param {string[]} args
 * @param {string[]} [afterwards] program and arguments that remove what the benchmark left
 * @returns {Promise<number>} exit code
 */
export function inOwnNamespace(program, args, afterwards) {
  return inNamespace(async ({ wrap, env }) => {
    const run = (/** @type {string[]} */ command) =>
      new Promise((resolve, reject) => {
        const [executable, ...rest] = wrap([process.execPath, ...command]);
        const child = spawn(executable ?? "", rest, { env, stdio: "inherit" });
        child.on("error", reject);
        child.on("close", (code) => resolve(code ?? 1));
      });
    try {
      return await run([program, "--here", ...args]);
    } finally {
      if (afterwards) await run(afterwards);
    }
  });
}

/**
 * The same for a benchmark of a stack, which is destroyed afterwards.
 * @param {string} program path of the benchmark
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
export function apart(program, args) {
  return inOwnNamespace(program, args, [fileURLToPath(new URL("../scripts/down.mjs", import.meta.url)), "--volumes", "--yes"]);
}
