import assert from "node:assert/strict";
import fc from "fast-check";
import { quantity, seconds } from "./quantity";

describe("quantity", () => {
  it("reads Kubernetes quantities", () => {
    for (const [text, value] of [
      ["500m", 0.5],
      ["1", 1],
      ["512Mi", 2 ** 29],
      ["1e3", 1000],
      ["2G", 2e9],
      ["0.5Gi", 2 ** 29],
    ] as const)
      assert.equal(quantity(text), value, text);
    for (const text of ["", "half", "1 core", "5x", undefined]) assert.equal(quantity(text), undefined, text);
  });
});

describe("seconds", () => {
  it("reads Go durations", () => {
    for (const [text, value] of [
      ["30s", 30],
      ["1m30s", 90],
      ["2h", 7200],
      ["500ms", 0.5],
      ["0s", 0],
      ["0", 0],
      ["1.5h", 5400],
    ] as const)
      assert.equal(seconds(text), value, text);
    for (const text of ["", "soon", "5", "5s later", undefined]) assert.equal(seconds(text), undefined, text);
  });

  it("adds up every part", () => {
    fc.assert(fc.property(fc.nat(99), fc.nat(59), fc.nat(59), (h, m, s) => seconds(`${h}h${m}m${s}s`) === h * 3600 + m * 60 + s));
  });
});
