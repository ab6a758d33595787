// Remembers that something could not be reached, so that the next run does not wait for it again.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How long an "unreachable" is believed, in milliseconds: a day. */
export const MEMORY = 24 * 60 * 60 * 1000;

/** Remembered "unreachable" answers, one file a site. That something was reachable is never remembered: trying it is the test. */
export class Answers {
  /**
   * @param {string} folder
   * @param {() => number} [now] Milliseconds since 1970; default the clock.
   */
  constructor(folder, now = Date.now) {
    this.folder = folder;
    this.now = now;
  }

  /**
   * @param {string} site A short name ("pulumi-download").
   * @returns {{ reason: string, at: Date } | undefined} Why and when it could not be reached; undefined when not known or too long ago.
   */
  unreachable(site) {
    try {
      const { reason, at } = JSON.parse(readFileSync(join(this.folder, `${site}.json`), "utf8"));
      const age = this.now() - at;
      return age >= 0 && age < MEMORY ? { reason: String(reason), at: new Date(at) } : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * @param {string} site
   * @param {string} reason
   */
  remember(site, reason) {
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, `${site}.json`), JSON.stringify({ reason, at: this.now() }));
  }

  /** @param {string} site */
  forget(site) {
    rmSync(join(this.folder, `${site}.json`), { force: true });
  }
}
