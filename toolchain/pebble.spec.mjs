import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ensurePebble, PEBBLE } from "./pebble.mjs";
import { GO_SOURCES } from "./pulumi/recipe.mjs";

describe("Pebble", () => {
  it("is built in the version that its Go module requires", () => {
    assert.match(readFileSync(join(GO_SOURCES, "pebble", "go.mod"), "utf8"), new RegExp(`pebble/v2 v${PEBBLE.replaceAll(".", "\\.")}\\n`));
  });

  it("is the one that PEBBLE names, and none where there is nothing to build it with", async () => {
    assert.equal(await ensurePebble({ PEBBLE: "/opt/pebble", PATH: "" }), "/opt/pebble");
    assert.equal(await ensurePebble({ PATH: "/nonexistent" }), undefined);
  });
});
