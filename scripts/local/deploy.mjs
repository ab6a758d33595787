import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { withLock } from "../../toolchain/lock.mjs";
import { paths } from "../../toolchain/paths.mjs";
import { must } from "../../toolchain/process.mjs";
import { progress } from "../../toolchain/progress.mjs";
import { engineSocket } from "./autoscaler.mjs";
import { build, ensureDependencies } from "./dependencies.mjs";
import { CHECKOUT } from "./checkout.mjs";
import { optionalImages, readConfiguration, STACK, writeConfiguration } from "./configuration.mjs";
import { Docker } from "./docker.mjs";
import { ensureImages, openEngine } from "./engine.mjs";
import { openStack, stackFiles } from "./stack.mjs";

/**
 * Runs a command that works on the stack while no other one does.
 * @template T @param {() => Promise<T>} work @returns {Promise<T>}
 */
export const alone = (work) =>
  withLock(join(paths().state, "stack.lock"), work, {
    onWait: (pid) => progress.line(`Process ${pid} works on the local stack; waiting for it.`),
  });

/**
 * Everything that has to be there before pulumi can work on the local stack.
 * @param {string[]} args arguments for pulumi
 */
export async function prepare(args) {
  await ensureDependencies();
  await build(["stacks"]);
  const files = stackFiles();
  const { host, clientBin } = await openEngine(madeBefore(files));
  const docker = new Docker(host, clientBin);
  const stack = await openStack(host);
  const images = await ensureImages(host, await optionalImages(args));
  if (!stack.exists()) await makeStack(stack);
  await writeConfiguration(stack.files.config, images, false, await engineSocket(docker, images));
  const config = await readConfiguration(stack.files.config, args);
  return { docker, stack, config };
}

/**
 * Makes the stack. Pulumi writes the encryption salt beside the project file, and that must not be the checkout's: a copy of
 * the project file in the state's folder it is.
 */
async function makeStack({ files, bin, env }) {
  copyFileSync(join(CHECKOUT, "Pulumi.yaml"), join(files.home, "Pulumi.yaml"));
  await must(bin, ["stack", "init", STACK, "--cwd", files.home, "--non-interactive"], { env, what: "making the stack" });
}

/**
 * Runs pulumi with its own output in the user's terminal. Ctrl-C reaches pulumi by itself (same process group); this process
 * waits for it, so that the state is written.
 * @param {Awaited<ReturnType<typeof openStack>>} stack
 * @param {string[]} args
 * @returns {Promise<{code: number, errors: string}>} exit code, and what pulumi reported as errors
 */
export async function pulumi(stack, args) {
  const events = join(stack.files.home, `events-${process.pid}.json`);
  try {
    // Without this the CLI does not know --event-log.
    const env = { ...stack.env, PULUMI_DEBUG_COMMANDS: "true" };
    const { code, stderr } = await inTerminal(stack.bin, [...args, "--event-log", events], env);
    return { code, errors: `${stderr}\n${diagnostics(events)}` };
  } finally {
    rmSync(events, { force: true });
  }
}

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<{code: number, stderr: string}>} */
function inTerminal(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["inherit", "inherit", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
      process.stderr.write(chunk);
    });
    const wait = () => {};
    process.on("SIGINT", wait);
    const forward = () => child.kill("SIGINT");
    process.on("SIGTERM", forward);
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", wait);
      process.off("SIGTERM", forward);
      resolve({ code: code ?? 1, stderr });
    });
  });
}

/** Error messages of pulumi's event log (a JSON object a line), which holds them whether or not there is a terminal. @param {string} file */
function diagnostics(file) {
  if (!existsSync(file)) return "";
  const lines = readFileSync(file, "utf8").split("\n");
  return lines
    .map((line) => {
      try {
        return JSON.parse(line).diagnosticEvent;
      } catch {
        // The last line of a pulumi that was killed may be cut off.
        return undefined;
      }
    })
    .filter((event) => event?.severity === "error")
    .map((event) => event.message)
    .join("\n");
}

/**
 * Writes the authority's certificate from the stack's outputs beside the state.
 * @param {Awaited<ReturnType<typeof openStack>>} stack
 * @param {boolean} [secrets] whether secret outputs are wanted in the clear
 * @returns {Promise<any>} the outputs
 */
export async function outputs(stack, secrets = false) {
  if (!stack.exists()) return {};
  const values = JSON.parse(await stack.read(["stack", "output", "--json", ...(secrets ? ["--show-secrets"] : [])]));
  if (values.caPem) writeFileSync(stack.files.ca, values.caPem);
  return values;
}

/** Runs a command's main function: errors meant for people are printed without a stack trace, exit code 1. */
export function main(work) {
  // An error thrown before the first await counts the same.
  Promise.resolve()
    .then(work)
    .catch((error) => {
      console.error(error instanceof ToolchainError ? `\n${error.message}` : error);
      process.exitCode = 1;
    });
}

/** Whether a stack was made here before. @param {import("./stack.mjs").StackFiles} files */
export const madeBefore = (files) => existsSync(files.config);
