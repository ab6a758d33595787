import assert from "node:assert/strict";
import { takePreset } from "./policies.mjs";

describe("--policy", () => {
  it("is taken out of the arguments, in either form", () => {
    assert.deepEqual(takePreset(["--diff", "--policy", "strict", "-v"]), { preset: "strict", rest: ["--diff", "-v"] });
    assert.deepEqual(takePreset(["--policy=advisory"]), { preset: "advisory", rest: [] });
    assert.deepEqual(takePreset(["--policy-pack", "x"]), { rest: ["--policy-pack", "x"] });
  });

  it("has to be a preset", () => {
    assert.throws(() => takePreset(["--policy"]), /--policy is "". Fix: give one of advisory, standard, strict/);
    assert.throws(() => takePreset(["--policy", "stict"]), /"stict"/);
  });
});
