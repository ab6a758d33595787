// The one place that says which Pulumi this product uses. The spec compares it with package.json and go.mod.

/** The Pulumi CLI that is downloaded or built. */
export const CLI = "3.259.0";

/** The oldest CLI that is accepted from PATH: the minor version of the SDK in package.json. */
export const OLDEST_CLI = "3.248.0";

/** The last SDK release whose Go module still contains the Node language host; it runs programs of newer SDKs. */
export const LANGUAGE_HOST = "3.68.0";

/** Resource plugins of every stack, by the version of their npm package. @type {Readonly<Record<string, string>>} */
export const PLUGINS = Object.freeze({ docker: "5.2.0", random: "4.21.2", tls: "5.6.1" });

/** Plugins that only some stacks need, so that the others do not wait for them. @type {Readonly<Record<string, string>>} */
export const PLUGINS_ON_DEMAND = Object.freeze({ kubernetes: "4.34.2" });

/**
 * Compares two versions by their numbers; a pre-release suffix is not looked at.
 *
 * @param {string} a "3.248.0" or "v3.248.0"
 * @param {string} b
 * @returns {number} Negative when a is older, 0 when equal, positive when newer.
 */
export function compareVersions(a, b) {
  const numbers = (/** @type {string} */ text) => (/(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? []).slice(1).map((part) => Number(part ?? 0));
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
