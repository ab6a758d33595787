import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Memory } from "../core/memory";
import { type Decision } from "../core/decide";

/** What survives a restart. */
export interface Saved {
  readonly version: 1;
  readonly memories: Readonly<Record<string, Memory>>;
  /** Pauses by service; "*" is all of them. */
  readonly pauses: Readonly<Record<string, { readonly until: number; readonly by: string }>>;
  /** The lease of a deploy that is under way. */
  readonly deploy?: { readonly until: number; readonly by: string };
  /** The newest decisions that changed something or declined to, per service, oldest first. */
  readonly log: Readonly<Record<string, readonly Decision[]>>;
}

const EMPTY: Saved = { version: 1, memories: {}, pauses: {}, log: {} };

/** A file that is always either the old or the new state, whatever moment the process is killed at. */
export class Store {
  private readonly file: string;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.file = join(directory, "state.json");
  }

  /** The state; an unreadable or foreign file is set aside under another name and counts as none. */
  load(): Saved {
    let text: string;
    try {
      text = readFileSync(this.file, "utf8");
    } catch {
      return EMPTY;
    }
    try {
      const saved = JSON.parse(text) as Partial<Saved>;
      if (saved.version === 1 && saved.memories && saved.pauses && saved.log) return saved as Saved;
    } catch {
      // falls through to setting the file aside
    }
    renameSync(this.file, `${this.file}.unreadable`);
    return EMPTY;
  }

  save(saved: Saved): void {
    const fresh = `${this.file}.new`;
    const handle = openSync(fresh, "w", 0o600);
    try {
      writeSync(handle, JSON.stringify(saved));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(fresh, this.file);
  }
}
