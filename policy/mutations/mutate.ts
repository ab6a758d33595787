import type { Resource } from "../core/resource";
import { edit, REMOVE } from "../fixtures/edit";

/** One change to one leaf of a resource. */
export interface Mutation {
  resource: Resource;
  /** Path of the leaf in the resource's inputs. */
  path: string;
  /** What was done, e.g. `removed` or `3 → 0`. */
  change: string;
  mutated: Resource;
}

/** Every leaf of a value with its path: what is no object and no list, and empty ones. */
export function leaves(value: unknown, path = ""): [string, unknown][] {
  if (Array.isArray(value) && value.length > 0) return value.flatMap((entry, index) => leaves(entry, `${path}[${index}]`));
  if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, entry]) =>
      leaves(entry, /^[\w-]+$/.test(key) ? (path === "" ? key : `${path}.${key}`) : `${path}["${key}"]`),
    );
  }
  return [[path, value]];
}

/** How a leaf is made worse: by its type alone, so that nobody chooses what is tried. */
export function weaker(value: unknown): unknown[] {
  if (typeof value === "boolean") return [!value];
  if (typeof value === "number") return [0, value * 1000];
  if (typeof value !== "string") return [];
  if (/^\d+(?:\.\d+)?(?:ms|s|m|h)$/.test(value)) return ["0s", "240h"];
  if (/^\d+(?:\.\d+)?(?:m|Ki|Mi|Gi)?$/.test(value)) return ["0", `9${value}`];
  return ["", `${value}-changed`];
}

/** All mutations of a resource: every leaf removed, and changed in every way its type knows. */
export function mutationsOf(resource: Resource): Mutation[] {
  return leaves(resource.props).flatMap(([path, value]) => {
    const make = (change: string, replacement: unknown) => ({ resource, path, change, mutated: edit(resource, { [path]: replacement }) });
    return [
      make("removed", REMOVE),
      ...weaker(value)
        .filter((replacement) => replacement !== value)
        .map((replacement) => make(`${JSON.stringify(value)} → ${JSON.stringify(replacement)}`, replacement)),
    ];
  });
}
