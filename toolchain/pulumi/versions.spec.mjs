import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { GO_SOURCES } from "./recipe.mjs";
import { CLI, compareVersions, LANGUAGE_HOST, OLDEST_CLI, PLUGINS, PLUGINS_ON_DEMAND } from "./versions.mjs";

const lockfile = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "package-lock.json");
const installed = JSON.parse(readFileSync(lockfile, "utf8")).packages;

describe("the pinned versions", () => {
  it("are those of the npm packages that talk to the plugins", () => {
    for (const [name, version] of Object.entries({ ...PLUGINS, ...PLUGINS_ON_DEMAND }))
      assert.equal(installed[`node_modules/@pulumi/${name}`].version, version, name);
  });

  it("accept no CLI older than the SDK", () => {
    const sdk = installed["node_modules/@pulumi/pulumi"].version;
    assert.ok(compareVersions(OLDEST_CLI, sdk.replace(/\d+$/, "0")) >= 0, `SDK ${sdk}, oldest CLI ${OLDEST_CLI}`);
    assert.ok(compareVersions(CLI, OLDEST_CLI) >= 0);
  });

  it("are those that the Go modules require", () => {
    const main = readFileSync(join(GO_SOURCES, "go.mod"), "utf8");
    assert.match(main, new RegExp(`github\\.com/pulumi/pulumi/pkg/v3 v${CLI.replaceAll(".", "\\.")}\\b`));
    const host = readFileSync(join(GO_SOURCES, "language-host/go.mod"), "utf8");
    assert.match(host, new RegExp(`github\\.com/pulumi/pulumi/sdk/v3 v${LANGUAGE_HOST.replaceAll(".", "\\.")}\\b`));
  });

  it("leave the dynamic provider of the SDK where the script looks for it", () => {
    assert.ok(createRequire(lockfile).resolve("@pulumi/pulumi/cmd/dynamic-provider"));
  });
});

describe("compareVersions", () => {
  it("compares by number, part by part", () => {
    assert.ok(compareVersions("3.9.0", "3.10.0") < 0);
    assert.ok(compareVersions("v3.248.1", "3.248.0") > 0);
    assert.equal(compareVersions("v3.248.0-alpha.1", "3.248"), 0);
  });
});
