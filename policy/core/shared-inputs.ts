/** The part of the SDK that turns a request's inputs into an object. */
interface Deserializer {
  deserializeProperties(inputs: object, proxySecrets: boolean): Record<string, unknown>;
}

/**
 * Lets all policies of a pack share one copy of a resource's inputs. The SDK makes a new one for every policy, which with a hundred
 * policies is nearly all of the time a resource takes; these rules only read, so one copy does. The SDK has no setting for it, so its
 * function is wrapped; where it has changed shape nothing is done, and the pack is merely slower.
 *
 * @returns whether the copy is shared
 */
export function shareInputs(): boolean {
  let sdk: Deserializer;
  try {
    sdk = require("@pulumi/policy/deserialize") as Deserializer; // eslint-disable-line @typescript-eslint/no-require-imports
  } catch {
    return false;
  }
  const original = sdk.deserializeProperties;
  if (typeof original !== "function" || original.length !== 2) return false;
  // Weak: a copy goes with the request it belongs to.
  const copies = new WeakMap<object, Record<string, unknown>>();
  sdk.deserializeProperties = (inputs, proxySecrets) => {
    // With secrets kept apart a remediation may write to the copy.
    if (proxySecrets || typeof inputs !== "object" || inputs === null) return original(inputs, proxySecrets);
    let copy = copies.get(inputs);
    if (!copy) copies.set(inputs, (copy = original(inputs, proxySecrets)));
    return copy;
  };
  return true;
}
