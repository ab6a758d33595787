import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROMETHEUS_ADAPTER } from "./prometheus-adapter.mjs";
import { GO_SOURCES } from "./pulumi/recipe.mjs";

describe("prometheus-adapter", () => {
  it("is built in the version that go.mod requires", () => {
    const required = readFileSync(join(GO_SOURCES, "prometheus-adapter", "go.mod"), "utf8");
    assert.match(required, new RegExp(`sigs\\.k8s\\.io/prometheus-adapter v${PROMETHEUS_ADAPTER.replaceAll(".", "\\.")}\\b`));
  });
});
