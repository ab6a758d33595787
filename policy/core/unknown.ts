/**
 * Markers Pulumi puts in place of a value that is only known after the update, one per type of the missing value.
 * They are part of Pulumi's plugin protocol (`plugin.UnknownStringValue` and its siblings in the Go SDK).
 */
const MARKERS: ReadonlySet<unknown> = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** The marker of an unknown string, to build fixtures with. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Stands for a secret whose plain text the state file does not hold; its value can never be read, only that it is one. */
export const ENCRYPTED = Symbol("encrypted secret");

/** Whether `value` stands for something that cannot be read yet: unknown in a preview, or encrypted in an exported state. */
export function isUnknown(value: unknown): boolean {
  return value === ENCRYPTED || (typeof value === "string" && value.length === 36 && MARKERS.has(value));
}

/** Thrown by a {@link Reader} when a rule needs a value that is unknown; caught by the rule's scope, never by the rule. */
export class Undecided extends Error {
  /** @param path where the unknown value is, e.g. `spec.replicas` */
  constructor(readonly path: string) {
    super(`the value of ${path} is not known before the update`);
  }
}

/**
 * The plain object behind what CrossGuard hands to a policy. CrossGuard wraps inputs in a proxy whose property reads throw on an
 * unknown value, which would turn a mandatory policy into a note; property descriptors pass the proxy untouched.
 */
export function unwrap(props: object): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(props))) plain[key] = descriptor.value;
  return plain;
}
