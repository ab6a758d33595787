import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleInto } from "./bundles.mjs";

describe("bundleInto", () => {
  /** @type {string} */
  let home;
  let turn = 0;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "bundles-"));
    mkdirSync(join(home, "service/dist"), { recursive: true });
    writeFileSync(join(home, "service/source.ts"), "one");
    writeFileSync(join(home, "made"), "");
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** Its `bundle` writes the source, and down that it was called. */
  const MODULE = `
    import { appendFileSync, cpSync, mkdirSync } from "node:fs";
    import { fileURLToPath } from "node:url";
    const here = fileURLToPath(new URL(".", import.meta.url));
    export function bundle(folder) {
      appendFileSync(here + "../made", "x");
      mkdirSync(folder, { recursive: true });
      cpSync(here + "source.ts", folder + "/server.js");
      if (BROKEN) throw new Error("does not compile");
    }
    INPUTS`;

  /** @param {{ broken?: boolean, inputs?: string }} [how] @returns {Promise<string>} The bundle. */
  async function make({ broken = false, inputs = "export const inputs = [here];" } = {}) {
    writeFileSync(join(home, "service/bundle.mjs"), MODULE.replace("BROKEN", String(broken)).replace("INPUTS", inputs));
    const folder = join(home, `out-${++turn}`);
    await bundleInto(join(home, "service/bundle.mjs"), folder, join(home, "cache"));
    return readFileSync(join(folder, "server.js"), "utf8");
  }
  const made = () => readFileSync(join(home, "made"), "utf8").length;

  it("bundles once, and again when a source changes", async () => {
    assert.equal(await make(), "one");
    assert.equal(await make(), "one");
    assert.equal(made(), 1);
    writeFileSync(join(home, "service/source.ts"), "two");
    assert.equal(await make(), "two");
    assert.equal(made(), 2);
  });

  it("does not mind outputs and specs", async () => {
    await make();
    writeFileSync(join(home, "service/dist/source.js"), "output");
    writeFileSync(join(home, "service/source.spec.ts"), "test");
    await make();
    assert.equal(made(), 1);
  });

  it("bundles every time what does not say its inputs", async () => {
    await make({ inputs: "" });
    await make({ inputs: "" });
    assert.equal(made(), 2);
  });

  it("keeps no bundle that failed", async () => {
    // A path of its own, as a module is imported once.
    const failing = join(home, "failing");
    mkdirSync(failing);
    writeFileSync(join(failing, "source.ts"), "one");
    writeFileSync(join(failing, "bundle.mjs"), MODULE.replace("BROKEN", "true").replace("INPUTS", "export const inputs = [here];"));
    await assert.rejects(bundleInto(join(failing, "bundle.mjs"), join(home, "out"), join(home, "cache")), /does not compile/);
    assert.deepEqual(readdirSync(join(home, "cache")), []);
  });

  it("keeps the newest three", async () => {
    for (const text of ["1", "2", "3", "4"]) {
      writeFileSync(join(home, "service/source.ts"), text);
      await make();
    }
    assert.equal(readdirSync(join(home, "cache")).length, 3);
  });
});
