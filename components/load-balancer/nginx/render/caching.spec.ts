import assert from "node:assert/strict";
import fc from "fast-check";
import { above, bytesOf } from "./caching";

describe("what is too large to be stored", () => {
  it("is told by a regular expression as a comparison would", () => {
    const around = fc.tuple(fc.nat(), fc.integer({ min: -3, max: 3 })).map(([limit, more]) => [limit, Math.max(0, limit + more)] as const);
    fc.assert(
      fc.property(fc.oneof(around, fc.tuple(fc.nat(), fc.nat())), ([limit, value]) => {
        assert.equal(new RegExp(above(limit)).test(String(value)), value > limit, `${value} > ${limit}`);
      }),
      { numRuns: 2000, examples: [[[999, 999]], [[999, 1000]], [[0, 0]], [[0, 1]], [[1_048_576, 1_048_577]]] },
    );
  });

  it("is not what has no length, or one that is no number", () => {
    for (const value of ["", "-", "9999999999x", "x9999999999"]) assert.equal(new RegExp(above(10)).test(value), false, value);
  });

  it("counts in nginx's units", () => {
    assert.deepEqual([bytesOf("512k"), bytesOf("1m"), bytesOf("2g")], [524_288, 1_048_576, 2_147_483_648]);
  });
});
