import { join } from "node:path";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { preparePolicyPack } from "../../toolchain/policy-host.mjs";
import { CHECKOUT } from "./checkout.mjs";
import { STACK } from "./configuration.mjs";
import { build } from "./dependencies.mjs";

/** How strictly the policies hold; see docs/policies.md. */
const PRESETS = ["advisory", "standard", "strict"];

/**
 * Takes `--policy PRESET` out of the arguments for pulumi.
 * @param {string[]} args
 * @returns {{preset?: string, rest: string[]}}
 * @throws ToolchainError for a preset that there is not
 */
export function takePreset(args) {
  const at = args.findIndex((arg) => arg === "--policy" || arg.startsWith("--policy="));
  if (at < 0) return { rest: args };
  const joined = args[at].startsWith("--policy=");
  const preset = joined ? args[at].slice("--policy=".length) : (args[at + 1] ?? "");
  if (!PRESETS.includes(preset)) throw new ToolchainError(`--policy is "${preset}". Fix: give one of ${PRESETS.join(", ")}.`);
  return { preset, rest: [...args.slice(0, at), ...args.slice(at + (joined ? 1 : 2))] };
}

/**
 * The stack and the arguments with which pulumi checks the policies, if a preset was asked for.
 * @template {{env: NodeJS.ProcessEnv, origin: "path" | "official" | "source"}} T
 * @param {T} stack
 * @param {{preset?: string, rest: string[]}} taken by {@link takePreset}
 * @returns {Promise<{stack: T, args: string[]}>}
 */
export async function withPolicies(stack, { preset, rest }) {
  if (preset === undefined) return { stack, args: rest };
  await build(["policy"]);
  const pack = await preparePolicyPack(join(CHECKOUT, "policy", "pack"), stack, { stack: STACK, project: "testbro" });
  return { stack: { ...stack, env: { ...stack.env, TESTBRO_POLICY_PRESET: preset } }, args: ["--policy-pack", pack, ...rest] };
}
