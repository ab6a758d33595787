import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { paths } from "../../toolchain/paths.mjs";
import { lastLines, run } from "../../toolchain/process.mjs";
import { ensurePulumi } from "../../toolchain/pulumi/index.mjs";
import { CHECKOUT } from "./checkout.mjs";
import { STACK } from "./configuration.mjs";

/**
 * Where the local stack keeps what must not be in the checkout.
 * @typedef {object} StackFiles
 * @property {string} home folder of all below
 * @property {string} backend Pulumi's state
 * @property {string} passphrase opens the state's secrets; mode 0600
 * @property {string} config the stack's configuration
 * @property {string} ca the authority that signed the balancer's certificate
 */

/** @returns {StackFiles} */
export function stackFiles() {
  const home = join(paths().state, STACK);
  return {
    home,
    backend: join(home, "pulumi"),
    passphrase: join(home, "passphrase"),
    config: join(home, `Pulumi.${STACK}.yaml`),
    ca: join(home, "ca.pem"),
  };
}

/** Makes the passphrase once. Without it an existing state could not be read, so then a missing one is an error. */
function ensurePassphrase(files, discard) {
  if (process.env.PULUMI_CONFIG_PASSPHRASE === "") {
    throw new ToolchainError(
      "PULUMI_CONFIG_PASSPHRASE is empty, which would leave the stack's secrets unprotected. Fix: unset it (one is made), or give a passphrase.",
    );
  }
  if (process.env.PULUMI_CONFIG_PASSPHRASE !== undefined || existsSync(files.passphrase)) return;
  if (!discard && existsSync(files.config) && /^encryptionsalt:/m.test(readFileSync(files.config, "utf8"))) {
    throw new ToolchainError(
      `${files.passphrase} is missing, and the stack's secrets cannot be read without it. ` +
        "Fix: put it back, or give it in PULUMI_CONFIG_PASSPHRASE; `npm run down -- --volumes` deletes the stack with its data.",
    );
  }
  writeFileSync(files.passphrase, randomBytes(24).toString("base64url"), { mode: 0o600 });
}

/**
 * Pulumi, ready to work on the local stack.
 * @param {string} dockerHost address of the engine
 * @param {{discard?: boolean}} [options] `discard`: the stack is to be deleted, so a lost passphrase is no reason to stop
 */
export async function openStack(dockerHost, { discard = false } = {}) {
  const files = stackFiles();
  mkdirSync(files.backend, { recursive: true, mode: 0o700 });
  ensurePassphrase(files, discard);
  const pulumi = await ensurePulumi();
  const bin = join(pulumi.bin, "pulumi");
  const env = {
    ...process.env,
    ...pulumi.env,
    PULUMI_BACKEND_URL: `file://${files.backend}`,
    DOCKER_HOST: dockerHost,
    ...(process.env.PULUMI_CONFIG_PASSPHRASE === undefined ? { PULUMI_CONFIG_PASSPHRASE_FILE: files.passphrase } : {}),
  };
  const onStack = ["--stack", STACK, "--cwd", CHECKOUT];
  return {
    files,
    env,
    bin,
    origin: pulumi.origin,
    /** Arguments that say which stack and which configuration. */
    onStack,
    withConfig: [...onStack, "--config-file", files.config],
    /** Whether the stack has been made. */
    exists: () => existsSync(join(files.backend, ".pulumi", "stacks", "testbro", `${STACK}.json`)),
    /** Standard output of a pulumi command. @throws ToolchainError with its error output, explained where it can be */
    read: async (args) => {
      const result = await run(bin, [...args, ...onStack], { env });
      if (result.code === 0) return result.stdout;
      throw new ToolchainError(explain(files, result.stderr) ?? `pulumi ${args[0]} failed:\n${lastLines(result.stderr)}`);
    },
  };
}

/** What an error of pulumi means where its own text leaves that open. @param {StackFiles} files @param {string} errors @returns {string | undefined} */
export function explain(files, errors) {
  if (!/incorrect passphrase/.test(errors)) return undefined;
  const source = process.env.PULUMI_CONFIG_PASSPHRASE === undefined ? files.passphrase : "PULUMI_CONFIG_PASSPHRASE";
  return (
    `The passphrase in ${source} does not open the secrets of stack ${STACK}. Fix: put the one back with which the stack was made; ` +
    "`npm run down -- --volumes` deletes the stack with its data."
  );
}
