import assert from "node:assert/strict";
import { evaluate } from "./index";
import { publicStyle } from "./fixtures/public-style";

describe("well-made stacks of public style", () => {
  for (const [name, resources] of Object.entries(publicStyle)) {
    it(`pass standard: ${name}`, () => {
      const { findings } = evaluate(resources, { preset: "standard" });
      assert.deepEqual(
        findings.filter(({ level }) => level === "mandatory").map((finding) => `${finding.rule} ${finding.name}: ${finding.message}`),
        [],
      );
      assert.deepEqual(
        findings.filter(({ outcome }) => outcome === "undecidable" || outcome === "failed"),
        [],
      );
    });
  }
});
