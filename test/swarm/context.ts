import assert from "node:assert/strict";
import { App, status } from "./app";
import { mustScript, type Result } from "./commands";
import { Engine } from "./engine";

/** What the parts of the suite share, in the order in which they run. */
export class Context {
  #engine: Engine | undefined;
  #app: App | undefined;
  /** A run stored early, which has to survive everything but `down --volumes`. */
  keptRun = { id: "", name: "kept through everything" };
  /** A job done early; it lives in Redis alone. */
  keptJob = "";

  get engine(): Engine {
    return this.#engine ?? assert.fail("the engine was not started");
  }

  get app(): App {
    return this.#app ?? assert.fail("the stack was not brought up");
  }

  async openEngine(): Promise<void> {
    this.#engine = await Engine.open();
  }

  /** `npm run up`, and the app it leads to. */
  async up(...args: string[]): Promise<string> {
    const output = await mustScript("up", args, { timeout: 600_000 });
    await this.attach();
    return output;
  }

  /** Looks at the stack as it is now. */
  async attach(): Promise<void> {
    await this.openEngine();
    this.#app = new App(await status());
  }

  /** Name of the service whose name ends so. */
  service(end: string): string {
    const found = this.app.status.services.find(({ name }) => name.endsWith(`-${end}`));
    return found?.name ?? assert.fail(`no service ends with -${end}: ${this.app.status.services.map(({ name }) => name).join(", ")}`);
  }
}

/** Asserts that a command failed with a paragraph in which each pattern occurs: what is wrong, its value, the fix. */
export function assertRefused({ code, output }: Result, ...patterns: RegExp[]): void {
  assert.notEqual(code, 0, `exit code 0, although it should have failed:\n${output}`);
  for (const pattern of patterns) assert.match(output, pattern);
  assert.doesNotMatch(output, /^\s+at .+:\d+:\d+\)?$/m, `a stack trace is no explanation:\n${output}`);
}
