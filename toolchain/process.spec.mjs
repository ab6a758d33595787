import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argumentsOf, find, lastLines, must, run, startOf } from "./process.mjs";

describe("running programs", () => {
  it("returns code and output, and hands over input", async () => {
    const result = await run("sh", ["-c", "cat; echo err >&2; exit 3"], { input: "in" });
    assert.deepEqual(result, { code: 3, stdout: "in", stderr: "err\n" });
  });

  it("answers 127 for a program that is not there", async () => {
    assert.equal((await run("no-such-program", [])).code, 127);
  });

  it("ends a program that takes too long, with 124", async () => {
    const start = Date.now();
    assert.equal((await run("sleep", ["20"], { timeout: 50 })).code, 124);
    assert.ok(Date.now() - start < 5000);
  });

  it("hands out complete lines of both streams", async () => {
    /** @type {string[]} */
    const lines = [];
    await run("sh", ["-c", "printf 'a\\nb'; printf 'c\\n'; echo d >&2"], { onLine: (line) => lines.push(line) });
    assert.deepEqual(lines.sort(), ["a", "bc", "d"]);
  });

  it("names what failed, the command and the end of its output", async () => {
    await assert.rejects(must("sh", ["-c", "echo reason >&2; exit 2"], { what: "making tea" }), (/** @type {Error} */ error) => {
      assert.equal(error.name, "ToolchainError");
      assert.match(error.message, /^making tea failed: `sh -c .*` ended with code 2\.\n {2}reason$/);
      return true;
    });
    assert.equal(lastLines("1\n2\n3\n", 2), "  2\n  3");
  });
});

describe("find", () => {
  /** @type {string} */
  let folder;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tb-find-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("takes the first executable file on PATH", () => {
    for (const name of ["one", "two", "three"]) mkdirSync(join(folder, name));
    mkdirSync(join(folder, "one/tool"));
    writeFileSync(join(folder, "two/tool"), "");
    writeFileSync(join(folder, "three/tool"), "");
    chmodSync(join(folder, "three/tool"), 0o755);
    const PATH = ["one", "two", "three"].map((name) => join(folder, name)).join(":");
    assert.equal(find("tool", { PATH }), join(folder, "three/tool"), "neither a folder nor a file that cannot be run");
    assert.equal(find("other", { PATH }), undefined);
  });

  it("never looks into the working directory, whatever PATH says", () => {
    assert.equal(find("package.json", { PATH: ".::" }), undefined);
  });
});

describe("process identity", () => {
  it("tells a running process from an ended one", async () => {
    const child = spawn("sleep", ["20"]);
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    assert.ok(startOf(pid));
    if (process.platform === "linux") assert.deepEqual(argumentsOf(pid), ["sleep", "20"]);
    child.kill();
    await once(child, "exit");
    assert.equal(startOf(pid), undefined);
    assert.deepEqual(argumentsOf(pid), []);
  });
});
