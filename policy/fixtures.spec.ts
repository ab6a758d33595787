import assert from "node:assert/strict";
import { evaluateRules } from "./core/evaluate";
import { isStackRule } from "./core/rule";
import { allFixtures } from "./fixtures/all";
import { resourcesOf, type Stack } from "./fixtures/fixtures";
import { rules } from "./rules";

describe("rules against their fixtures", () => {
  const fixtures = allFixtures();

  it("every rule has good, bad and unknown fixtures", () => {
    const covered = fixtures.map((entry) => entry.rule.id).sort();
    assert.deepEqual(covered, rules.map((rule) => rule.id).sort());
    for (const { rule, good, bad, unknown } of fixtures) {
      assert.ok(good.length > 0 && bad.length > 0 && unknown.length > 0, `${rule.id} lacks fixtures of one sort`);
    }
  });

  for (const { rule, good, bad, unknown, parameters } of fixtures) {
    const run = (stack: Stack) =>
      evaluateRules([rule], resourcesOf(stack), { preset: "strict", settings: parameters ? { [rule.id]: parameters } : {} }).findings;
    describe(rule.id, () => {
      good.forEach((stack, index) => it(`says nothing about good fixture ${index + 1}`, () => assert.deepEqual(run(stack), [])));
      bad.forEach((stack, index) =>
        it(`finds bad fixture ${index + 1}`, () => {
          const found = run(stack);
          assert.ok(found.length > 0, "nothing found");
          assert.deepEqual(
            found.filter((finding) => finding.outcome !== "violation"),
            [],
          );
          assert.ok(found.every((finding) => finding.rule === rule.id && finding.level === "mandatory" && finding.urn !== ""));
        }),
      );
      unknown.forEach((stack, index) =>
        it(`names the unknown value of fixture ${index + 1}`, () => {
          const found = run(stack);
          assert.ok(found.length > 0, "nothing said");
          for (const finding of found) {
            assert.equal(finding.outcome, "undecidable", finding.message);
            assert.equal(finding.level, "advisory");
            assert.ok(finding.path && finding.message.includes(`"${finding.path}"`), finding.message);
          }
        }),
      );
      if (!isStackRule(rule)) {
        it("has a fixture for every platform it looks at", () => {
          const kinds = new Set(rule.kinds);
          for (const platform of ["docker/Service", "docker/Container"]) {
            if (!kinds.has(platform)) continue;
            const type = platform === "docker/Service" ? "docker:index/service:Service" : "docker:index/container:Container";
            assert.ok(
              bad.some((stack) => resourcesOf(stack).some((resource) => resource.type === type)),
              `no bad ${platform}`,
            );
          }
        });
      }
    });
  }
});
