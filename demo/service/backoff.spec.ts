import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffDelay } from "./backoff";

describe("backoffDelay", () => {
  it("doubles with every failure until the longest delay", () => {
    const delays = [1, 2, 3, 4, 5, 6, 7].map((failures) => backoffDelay(failures, { first: 100, longest: 1000, random: () => 1 }));
    assert.deepEqual(delays, [100, 200, 400, 800, 1000, 1000, 1000]);
  });

  it("stays within half and all of the doubled delay for every draw", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, draw) => {
        const delay = backoffDelay(failures, { random: () => draw });
        assert.ok(delay >= 125 && delay <= 5000, `${delay} ms after ${failures} failures`);
      }),
    );
  });
});
