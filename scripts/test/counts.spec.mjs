import assert from "node:assert/strict";
import { add, closingLine } from "./counts.mjs";

describe("counts of suites", () => {
  it("are added up", () => {
    const suites = [
      { passed: 3, failed: 1, skipped: 0 },
      { passed: 2, failed: 0, skipped: 4 },
    ];
    assert.deepEqual(add(suites), { passed: 5, failed: 1, skipped: 4 });
  });

  it("close with the line CI reads", () => {
    assert.equal(closingLine({ passed: 5, failed: 0, skipped: 0 }), "5 passed, 0 failed");
    assert.equal(closingLine({ passed: 5, failed: 1, skipped: 2 }), "5 passed, 1 failed, 2 skipped");
  });
});
