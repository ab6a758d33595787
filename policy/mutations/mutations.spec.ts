import assert from "node:assert/strict";
import { evaluateRules } from "../core/evaluate";
import * as docker from "../fixtures/docker";
import { rules } from "../rules";
import { leaves, mutationsOf } from "./mutate";
import { run } from "./run";
import { stacks } from "./stacks";

describe("mutations", () => {
  it("start from stacks in which strict finds nothing", () => {
    for (const stack of stacks()) {
      const { findings } = evaluateRules(rules, stack, { preset: "strict" });
      assert.deepEqual(
        findings.map(({ rule, name, message }) => `${rule} ${name} ${message}`),
        [],
      );
    }
  });

  it("reach every leaf of a resource", () => {
    const paths = new Set(mutationsOf(docker.service).map(({ path }) => path));
    assert.deepEqual(
      [...paths].sort(),
      leaves(docker.service.props)
        .map(([path]) => path)
        .sort(),
    );
    assert.ok(paths.has("taskSpec.containerSpec.healthcheck.tests[0]"));
  });

  it("change one leaf each", () => {
    for (const { resource, mutated, path } of mutationsOf(docker.network)) assert.notDeepEqual(resource.props, mutated.props, path);
  });

  it("are caught, or harmless for a reason that is given", function () {
    this.timeout(60_000);
    const results = run();
    const unexplained = results.filter(({ caughtBy, reason }) => caughtBy.length === 0 && !reason);
    assert.deepEqual(
      unexplained.map(({ resource, path, change }) => `${resource.name} ${path} ${change}`),
      [],
    );
    const caught = results.filter(({ caughtBy }) => caughtBy.length > 0).length;
    // A floor against rules that fall asleep; it may only rise.
    assert.ok(caught > 850, `${caught} of ${results.length} caught`);
  });
});
