import { ENCRYPTED, isUnknown, Undecided } from "./unknown";

/**
 * Reads one place in a resource's inputs. Going down never throws; asking for a value that is unknown throws {@link Undecided} with the
 * path of the unknown part, so that a rule is written as if everything were known and can still never mistake "unknown" for "fine".
 */
export class Reader {
  /**
   * @param raw the value at this place
   * @param path where it is, e.g. `spec.template.spec.containers[0].image`
   */
  constructor(
    private readonly raw: unknown,
    readonly path: string,
  ) {}

  /** The place below, by property name or index. Below an unknown value everything is unknown, under the name of the unknown part. */
  at(...keys: (string | number)[]): Reader {
    let raw = this.raw;
    let path = this.path;
    for (const key of keys) {
      if (isUnknown(raw)) return new Reader(raw, path);
      path =
        typeof key === "number" ? `${path}[${key}]` : path === "" ? key : /^[\w-]+$/.test(key) ? `${path}.${key}` : `${path}["${key}"]`;
      raw = typeof raw === "object" && raw !== null ? (raw as Record<string | number, unknown>)[key] : undefined;
    }
    return new Reader(raw, path);
  }

  /** The same place with another value: the part of a text, e.g. what follows the equals sign. */
  with(value: unknown): Reader {
    return new Reader(value, this.path);
  }

  /** Whether the value can be read. */
  get known(): boolean {
    return !isUnknown(this.raw);
  }

  /** Whether the value is a secret that the analysed state holds only encrypted. */
  get encrypted(): boolean {
    return this.raw === ENCRYPTED;
  }

  /** Whether there is a value. @throws Undecided */
  get exists(): boolean {
    return this.value() !== undefined;
  }

  /** Whether something was written here, even if its value is unknown. */
  get written(): boolean {
    return !this.known || (this.raw !== undefined && this.raw !== null);
  }

  /** The string here; numbers and booleans are turned into text, anything else is undefined. @throws Undecided */
  text(): string | undefined {
    const value = this.value();
    if (typeof value === "string") return value;
    return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
  }

  /** The number here; numeric text counts. @throws Undecided */
  number(): number | undefined {
    const value = this.value();
    if (typeof value === "number") return value;
    if (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
    return undefined;
  }

  /** The boolean here; the texts "true" and "false" count. @throws Undecided */
  flag(): boolean | undefined {
    const value = this.value();
    if (typeof value === "boolean") return value;
    return value === "true" ? true : value === "false" ? false : undefined;
  }

  /** The elements of a list; nothing written is an empty list. @throws Undecided */
  list(): Reader[] {
    const value = this.value();
    return Array.isArray(value) ? value.map((_, index) => this.at(index)) : [];
  }

  /** The texts of a list; nothing written is an empty list. @throws Undecided */
  texts(): string[] {
    return this.list()
      .map((element) => element.text())
      .filter((text) => text !== undefined);
  }

  /** The entries of an object; nothing written is no entry. @throws Undecided */
  entries(): [string, Reader][] {
    const value = this.value();
    if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
    return Object.keys(value).map((key) => [key, this.at(key)]);
  }

  /** The whole value as plain data. @throws Undecided when any part of it is unknown */
  json(): unknown {
    const value = this.value();
    if (Array.isArray(value)) return this.list().map((element) => element.json());
    if (typeof value === "object" && value !== null) return Object.fromEntries(this.entries().map(([key, entry]) => [key, entry.json()]));
    return value;
  }

  private value(): unknown {
    if (isUnknown(this.raw)) throw new Undecided(this.path === "" ? "the whole resource" : this.path);
    return this.raw ?? undefined;
  }
}

/** Whether `test` holds for one item: true as soon as one is certain, undecided if only an unknown one is left. @throws Undecided */
export function some<T>(items: Iterable<T>, test: (item: T) => boolean): boolean {
  let undecided: Undecided | undefined;
  for (const item of items) {
    try {
      if (test(item)) return true;
    } catch (error) {
      if (!(error instanceof Undecided)) throw error;
      undecided ??= error;
    }
  }
  if (undecided) throw undecided;
  return false;
}

/** Whether `test` holds for all items: false as soon as one certainly fails. @throws Undecided */
export function every<T>(items: Iterable<T>, test: (item: T) => boolean): boolean {
  return !some(items, (item) => !test(item));
}
