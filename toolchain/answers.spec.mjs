import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Answers, MEMORY } from "./answers.mjs";

describe("Answers", () => {
  /** @type {string} */
  let folder;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tb-answers-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("remembers for a day, then asks again", () => {
    let now = 1_000_000;
    const answers = new Answers(join(folder, "new"), () => now);
    assert.equal(answers.unreachable("site"), undefined);
    answers.remember("site", "no route");
    now += MEMORY - 1;
    assert.deepEqual(answers.unreachable("site"), { reason: "no route", at: new Date(1_000_000) });
    now += 1;
    assert.equal(answers.unreachable("site"), undefined);
  });

  it("forgets on demand, and does not believe an answer from the future or a damaged file", () => {
    const answers = new Answers(folder, () => 5);
    answers.remember("site", "x");
    answers.forget("site");
    assert.equal(answers.unreachable("site"), undefined);
    new Answers(folder, () => 1000).remember("site", "clock was wrong");
    assert.equal(answers.unreachable("site"), undefined);
    writeFileSync(join(folder, "site.json"), "{");
    assert.equal(answers.unreachable("site"), undefined);
  });
});
