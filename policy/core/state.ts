import type { Resource } from "./resource";
import { ENCRYPTED } from "./unknown";

/** Something that is no exported state. The message names the file's fault. */
export class StateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "StateError";
  }
}

/** Key and value by which Pulumi's state marks a secret (Pulumi's `resource.SigKey`, `resource.SecretSig`). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, unknown>;
  if (object[SIGNATURE] === SECRET) {
    const plain = object["plaintext"];
    return typeof plain === "string" ? decode(JSON.parse(plain)) : ENCRYPTED;
  }
  return Object.fromEntries(Object.entries(object).map(([key, entry]) => [key, decode(entry)]));
}

function properties(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (decode(value) as Record<string, unknown>) : {};
}

/**
 * The resources of a state exported with `pulumi stack export`. Secrets stay unknown unless the export was made with `--show-secrets`.
 * Resources pending deletion are left out. Versions 3 and 4 of the format are read; both have the same resources.
 * @throws StateError when the text is not such a state
 */
export function readState(text: string): Resource[] {
  let state: { version?: unknown; deployment?: { resources?: unknown } };
  try {
    state = JSON.parse(text) as typeof state;
  } catch (error) {
    throw new StateError(`the file is not JSON: ${(error as Error).message}`);
  }
  if (typeof state !== "object" || state === null)
    throw new StateError("the file holds no object; export one with `pulumi stack export --file FILE`");
  if (state.version !== 3 && state.version !== 4)
    throw new StateError(`the state has version ${JSON.stringify(state.version)}; versions 3 and 4 are known`);
  if (typeof state.deployment !== "object" || state.deployment === null)
    throw new StateError("the state has no deployment; export it with `pulumi stack export --file FILE`");
  const resources = state.deployment.resources ?? [];
  if (!Array.isArray(resources)) throw new StateError("the state's resources are not a list");
  return resources.flatMap((entry: Record<string, unknown> | null, index) => {
    const { urn, type } = entry ?? {};
    if (typeof urn !== "string" || !/^urn:pulumi:[^:]*::[^:]*::.+::.+$/s.test(urn) || typeof type !== "string") {
      throw new StateError(`resource ${index + 1} of the state has no valid urn and type: ${JSON.stringify({ urn, type })}`);
    }
    if (entry!["delete"] === true) return [];
    const inputs = properties(entry!["inputs"]);
    const props = Object.keys(inputs).length > 0 ? inputs : properties(entry!["outputs"]);
    const parent = typeof entry!["parent"] === "string" ? entry!["parent"] : undefined;
    return [{ type, urn, name: urn.slice(urn.lastIndexOf("::") + 2), props, protect: entry!["protect"] === true, parent }];
  });
}
