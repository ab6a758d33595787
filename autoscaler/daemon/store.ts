import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Memory } from "../core/memory";
import { type Decision } from "../core/decide";
import { type ToldFaults } from "./alarms";

/** What survives a restart. */
export interface Saved {
  readonly version: 1;
  readonly memories: Readonly<Record<string, Memory>>;
  /** Pauses by service; "*" is all of them. */
  readonly pauses: Readonly<Record<string, { readonly until: number; readonly by: string }>>;
  /** The lease of a deploy that is under way. */
  readonly deploy?: { readonly until: number; readonly by: string };
  /** Faults that people know of. */
  readonly told?: ToldFaults;
  /** The newest decisions that changed something or declined to, per service, oldest first. */
  readonly log: Readonly<Record<string, readonly Decision[]>>;
}

const EMPTY: Saved = { version: 1, memories: {}, pauses: {}, log: {} };

/**
 * Files that are always either the old or the new ones, whatever moment the process is killed at: `state.json` with everything that
 * decisions rest on, `log.json` with the decisions themselves, which is larger and less urgent.
 */
export class Store {
  private readonly file: string;
  private readonly logFile: string;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.file = join(directory, "state.json");
    this.logFile = join(directory, "log.json");
  }

  /** The state; an unreadable or foreign file is set aside under another name and counts as none. */
  load(): Saved {
    const saved = read(this.file) as Partial<Saved> | undefined;
    if (saved === undefined) return EMPTY;
    if (saved.version !== 1 || !isRecord(saved.memories) || !isRecord(saved.pauses)) {
      renameSync(this.file, `${this.file}.unreadable`);
      return EMPTY;
    }
    const log = read(this.logFile);
    return { ...(saved as Saved), log: (isRecord(log) ? log : (saved.log ?? {})) as Saved["log"] };
  }

  /** @param log whether the decisions are written too @throws Error when the disk refuses */
  save(saved: Saved, log = true): void {
    const { log: decisions, ...state } = saved;
    if (log) replace(this.logFile, decisions);
    replace(this.file, state);
  }
}

/** What a file holds; undefined if there is none, an empty object if it is not JSON. */
function read(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  try {
    return (JSON.parse(text) as unknown) ?? {};
  } catch {
    return {};
  }
}

/** Characters written at a time. */
const PIECE = 262_144;

function replace(file: string, value: object): void {
  const fresh = `${file}.new`;
  const handle = openSync(fresh, "w", 0o600);
  try {
    let text = "";
    for (const piece of json(value)) {
      text += piece;
      if (text.length < PIECE) continue;
      writeFileSync(handle, text);
      text = "";
    }
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
}

/** JSON in pieces, two levels deep: that of a thousand services in one is megabytes several times over. */
function* json(value: object, levels = 2): Generator<string> {
  let between = "{";
  for (const [key, entry] of Object.entries(value) as [string, unknown][]) {
    if (entry === undefined) continue;
    yield `${between}${JSON.stringify(key)}:`;
    if (levels > 1 && isRecord(entry)) yield* json(entry, levels - 1);
    else yield JSON.stringify(entry);
    between = ",";
  }
  yield between === "{" ? "{}" : "}";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
