import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";
import { sleep } from "./process.mjs";

describe("withLock", function () {
  this.timeout(20_000);
  /** @type {string} */
  let folder;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tb-lock-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("gives way on success and on failure, and leaves no file", async () => {
    const file = join(folder, "deep", "a.lock");
    assert.equal(await withLock(file, async () => "result"), "result");
    await assert.rejects(
      withLock(file, async () => {
        throw new Error("broken");
      }),
      /broken/,
    );
    assert.ok(!existsSync(file));
  });

  it("lets several processes at it one after the other only", async () => {
    const file = join(folder, "b.lock");
    const log = join(folder, "log");
    const program = join(folder, "program.mjs");
    // Each writes when it enters and when it leaves; with two inside at once, entries would be interleaved.
    writeFileSync(
      program,
      `import { appendFileSync } from "node:fs";
       import { withLock } from ${JSON.stringify(fileURLToPath(new URL("./lock.mjs", import.meta.url)))};
       for (let i = 0; i < 5; i++) {
         await withLock(${JSON.stringify(file)}, async () => {
           appendFileSync(${JSON.stringify(log)}, "in " + process.pid + "\\n");
           await new Promise((done) => setTimeout(done, 5));
           appendFileSync(${JSON.stringify(log)}, "out " + process.pid + "\\n");
         }, { poll: 3 });
       }`,
    );
    const children = Array.from({ length: 4 }, () => fork(program));
    for (const [code] of await Promise.all(children.map((child) => once(child, "exit")))) assert.equal(code, 0);
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    assert.equal(lines.length, 40);
    for (let i = 0; i < lines.length; i += 2) assert.equal(lines[i]?.replace("in", "out"), lines[i + 1]);
  });

  it("takes over from a process that was killed", async () => {
    const file = join(folder, "c.lock");
    const program = join(folder, "program.mjs");
    writeFileSync(
      program,
      `import { withLock } from ${JSON.stringify(fileURLToPath(new URL("./lock.mjs", import.meta.url)))};
       await withLock(${JSON.stringify(file)}, () => { process.send("in"); return new Promise(() => setInterval(() => {}, 1000)); });`,
    );
    const child = fork(program);
    await once(child, "message");
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.ok(existsSync(file), "a killed process cannot clean up");
    assert.equal(await withLock(file, async () => "mine", { poll: 5 }), "mine");
  });

  it("takes over a lock whose process id now belongs to another process", async () => {
    const file = join(folder, "d.lock");
    writeFileSync(file, JSON.stringify({ pid: process.pid, start: "an earlier life", nonce: "x" }));
    assert.equal(await withLock(file, async () => "mine", { poll: 5 }), "mine");
  });

  it("says who it waits for, once, and gives up in the end", async () => {
    const file = join(folder, "e.lock");
    /** @type {number[]} */
    const waited = [];
    await withLock(file, async () => {
      const second = withLock(file, async () => "never", { poll: 5, timeout: 60, onWait: (pid) => waited.push(pid) });
      await assert.rejects(second, { name: "ToolchainError", message: new RegExp(`Process ${process.pid} has held .*e\\.lock`) });
      await sleep(1);
    });
    assert.deepEqual(waited, [process.pid]);
  });
});
