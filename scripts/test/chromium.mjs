// A real browser for the status page's tests.
import { installPackages, whyNoInstall } from "../../toolchain/docker/install.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { find } from "../../toolchain/process.mjs";

/** Names of a system's own Chromium or Chrome. */
const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chromium-headless-shell"];

/** Debian's smallest package of one that can be driven. */
const PACKAGE = "chromium-headless-shell";

/**
 * Where Chromium is: named by `CHROMIUM`, on the PATH, or installed from the distribution.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string | undefined>} undefined where it cannot be had; the specs then say so and skip
 */
export async function ensureChromium(env = process.env) {
  const there = () => BROWSERS.map((name) => find(name, env, { system: true })).find(Boolean);
  const known = env.CHROMIUM || there();
  if (known || whyNoInstall(env)) return known;
  try {
    await installPackages([PACKAGE], { why: "the tests of the status pages", env });
  } catch (error) {
    // A distribution without this package.
    if (!(error instanceof ToolchainError)) throw error;
    console.log(error.message);
  }
  return there();
}
