import assert from "node:assert/strict";
import { sleep } from "./process.mjs";
import { Progress } from "./progress.mjs";

/** @param {boolean} isTTY */
const sink = (isTTY) => {
  const stream = { isTTY, columns: 60, text: "", write: (/** @type {string} */ text) => (stream.text += text) };
  return stream;
};

describe("Progress", () => {
  it("says nothing about a quick step, and returns its result", async () => {
    const stream = sink(false);
    assert.equal(await new Progress({ stream }).step("Counting", () => 42), 42);
    assert.equal(stream.text, "");
  });

  it("prints lines where lines cannot be rewritten: when slow, repeatedly, and at the end", async () => {
    const stream = sink(false);
    await new Progress({ stream, quietFor: 20, every: 60 }).step("Building", async (detail) => {
      detail("part one");
      await sleep(200);
    });
    const lines = stream.text.trimEnd().split("\n");
    assert.equal(lines[0], "Building: part one …");
    assert.match(lines[1] ?? "", /^Building: part one \(\d+ s so far\)$/);
    assert.match(lines.at(-1) ?? "", /^Building: done after \d+ s$/);
    assert.ok(lines.length >= 4 && lines.length <= 6, `${lines.length} lines`);
  });

  it("rewrites one line on a terminal, cut to its width, and leaves it clean", async () => {
    const stream = sink(true);
    await new Progress({ stream, quietFor: 20 }).step("x".repeat(100), () => sleep(80));
    const rewritten = stream.text.split("\r\u001b[2K").filter(Boolean);
    assert.ok(rewritten.length >= 2);
    for (const line of rewritten.slice(0, -1)) assert.ok(line.length < 60 && !line.includes("\n"));
    assert.match(rewritten.at(-1) ?? "", /: done after 0 s\n$/);
  });

  it("lets the innermost of nested steps own the line", async () => {
    const stream = sink(true);
    const progress = new Progress({ stream, quietFor: 10 });
    await progress.step("outer", () => progress.step("inner", () => sleep(60)));
    const beforeInnerEnded = stream.text.slice(0, stream.text.indexOf("inner: done"));
    assert.ok(beforeInnerEnded.includes("inner ("));
    assert.ok(!beforeInnerEnded.includes("outer"));
  });

  it("says that a slow step failed, and passes its error on", async () => {
    const stream = sink(false);
    const failing = new Progress({ stream, quietFor: 10 }).step("Trying", async () => {
      await sleep(30);
      throw new Error("no luck");
    });
    await assert.rejects(failing, /no luck/);
    assert.match(stream.text, /Trying: failed after 0 s\n$/);
  });
});
