import assert from "node:assert/strict";
import { staleFiles } from "./generate";
import { GROUPS, isStackRule } from "./core/rule";
import { parameterProblem } from "./core/settings";
import { rules } from "./rules";

describe("the rules as a whole", () => {
  it("have unique ids, and every group has some", () => {
    assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
    for (const group of GROUPS)
      assert.ok(
        rules.some((rule) => rule.group === group),
        group,
      );
  });

  it("say why, how to fix it and show it", () => {
    for (const rule of rules) {
      assert.match(rule.title, /^[A-Z].*\.$/, rule.id);
      assert.ok(rule.why.length > 40, `${rule.id} says too little`);
      assert.match(rule.fix, /\.$/, rule.id);
      assert.ok(rule.example.length > 5, rule.id);
      assert.ok(isStackRule(rule) || rule.kinds.length > 0, rule.id);
    }
  });

  it("have parameters whose defaults fit their schema", () => {
    for (const rule of rules) {
      for (const [name, schema] of Object.entries(rule.parameters ?? {}))
        assert.equal(parameterProblem(schema, schema.default), undefined, `${rule.id}.${name}`);
    }
  });

  it("are what the presets and the pages of the docs were written from", async () => {
    assert.deepEqual(await staleFiles(), [], "run: npm run generate -w policy");
  });
});
