const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Longer than an object's id, version and dates. */
const HEAD_BYTES = 256;
const SPEC = Buffer.from('"Spec":');

/**
 * What was picked from objects that have not changed since: the engine counts a version with every change of a service, a task or a
 * node, and says it ahead of everything else of them.
 */
export class Unchanged<R> {
  private before = new Map<string, R | undefined>();
  private now = new Map<string, R | undefined>();

  /** @returns the object's id and version as they stand in its JSON; undefined where they do not stand at its head */
  static keyOf(json: Buffer): string | undefined {
    const head = json.subarray(0, HEAD_BYTES);
    const end = head.indexOf(SPEC);
    const key = end < 0 ? "" : head.toString("latin1", 0, end);
    return /^\{"ID":"[^"]+","Version":\{"Index":\d+\}/.test(key) ? key : undefined;
  }

  pick(key: string, pick: () => R | undefined): R | undefined {
    const known = this.before.has(key) ? this.before.get(key) : pick();
    this.now.set(key, known);
    return known;
  }

  /** A list has been read to its end: what is not in it any more is forgotten. */
  turn(): void {
    [this.before, this.now] = [this.now, new Map<string, R | undefined>()];
  }
}

/**
 * The objects of a JSON array as they come in, and nothing but what is picked from each: a swarm of a thousand services describes its
 * tasks in tens of megabytes, of which a few numbers are of use.
 */
export class ArrayReader<T, R> {
  readonly picked: R[] = [];
  private parts: Buffer[] = [];
  private depth = 0;
  private inString = false;
  private escaped = false;
  private ended = false;
  /** What stands where the list should begin: engines write an empty one as `null` here and there. */
  private lead = "";

  constructor(
    private readonly pick: (entry: T) => R | undefined,
    private readonly unchanged?: Unchanged<R>,
  ) {}

  /** @throws SyntaxError for what is not an array of objects */
  write(chunk: Buffer): void {
    let start = this.depth > 1 ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.inString) {
        at = this.skipString(chunk, at);
        continue;
      }
      if (this.depth === 0 && byte !== OPEN_ARRAY && !this.ended)
        this.lead = `${this.lead}${String.fromCharCode(byte)}`.trimStart().slice(0, 5);
      if (byte === QUOTE && this.depth > 1) this.inString = true;
      else if (byte === OPEN || byte === OPEN_ARRAY) {
        if (++this.depth === 1 && byte === OPEN) throw new SyntaxError("the engine's answer is no list");
        if (this.depth === 2 && start < 0) start = at;
      } else if (byte === CLOSE || byte === CLOSE_ARRAY) {
        this.depth--;
        this.ended ||= this.depth === 0;
        if (this.depth !== 1) continue;
        this.take(chunk.subarray(start, at + 1));
        start = -1;
      }
    }
    // what is kept must not hold the whole chunk, which the next one may overwrite
    if (start >= 0) this.parts.push(Buffer.from(chunk.subarray(start)));
  }

  /** @throws SyntaxError when the array has not ended */
  end(): R[] {
    if (!this.ended && this.lead.trim() !== "null") throw new SyntaxError("the engine's answer is no list, or ends in the middle of it");
    this.unchanged?.turn();
    return this.picked;
  }

  /** @returns the last byte of the string, or of the chunk */
  private skipString(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.escaped) this.escaped = false;
      else if (byte === BACKSLASH) this.escaped = true;
      else if (byte === QUOTE) {
        this.inString = false;
        return at;
      }
    }
    return chunk.length;
  }

  private take(last: Buffer): void {
    const json = this.parts.length === 0 ? last : Buffer.concat([...this.parts, last]);
    this.parts = [];
    const parse = () => this.pick(JSON.parse(json.toString()) as T);
    const key = this.unchanged && Unchanged.keyOf(json);
    const picked = key === undefined ? parse() : this.unchanged?.pick(key, parse);
    if (picked !== undefined) this.picked.push(picked);
  }
}
