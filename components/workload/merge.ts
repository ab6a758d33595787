/** A value whose every object field, at every depth, may be left out. Arrays and functions are taken whole. */
export type DeepPartial<T> = T extends readonly unknown[] | ((...args: never[]) => unknown)
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> }
    : T;

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * `base` with the fields of `overrides` laid over it. Plain objects merge field by field; everything else (arrays, Outputs,
 * class instances) replaces; `undefined` leaves the base. Neither argument is changed.
 */
export function mergeOptions<T>(base: T, overrides: DeepPartial<NoInfer<T>> | undefined): T {
  if (overrides === undefined) return base;
  if (!isPlainObject(base) || !isPlainObject(overrides)) return overrides as T;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(overrides)) {
    if (value === undefined) continue;
    const field = Object.hasOwn(merged, key) ? mergeOptions(merged[key], value as DeepPartial<unknown>) : value;
    Object.defineProperty(merged, key, { value: field, enumerable: true, writable: true, configurable: true });
  }
  return merged as T;
}
