import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { paths } from "./paths.mjs";
import { preparePolicyPack } from "./policy-host.mjs";

const pack = join(dirname(fileURLToPath(import.meta.url)), "integration/policy");

describe("preparePolicyPack", () => {
  /** @type {string} */
  let folder;
  /** @type {{ paths: import("./paths.mjs").Paths }} */
  let options;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tb-policy-"));
    options = { paths: paths({ TESTBRO_CACHE: join(folder, "it's a cache") }) };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("hands an official CLI the folder itself", async () => {
    assert.equal(await preparePolicyPack(pack, { origin: "official" }), pack);
    assert.equal(await preparePolicyPack(pack, { origin: "path" }), pack);
  });

  it("hands a CLI built from source a script that starts the pack with the SDK's own server", async () => {
    const script = await preparePolicyPack(pack, { origin: "source" }, options);
    assert.ok(statSync(script).mode & 0o100, "executable");
    assert.match(
      readFileSync(script, "utf8"),
      /^#!\/bin\/sh\ncd '.*\/integration\/policy' && exec node '.*@pulumi\/pulumi\/cmd\/run-policy-pack\/index\.js' "\$1" \.\n$/,
    );
    assert.equal(await preparePolicyPack(pack, { origin: "source" }, options), script);
  });

  it("tells the pack its stack, quoted", async () => {
    const script = await preparePolicyPack(pack, { origin: "source" }, { ...options, stack: "o'hara", project: "p" });
    assert.match(readFileSync(script, "utf8"), /PULUMI_NODEJS_STACK='o'\\''hara'.*\n.*PULUMI_NODEJS_PROJECT='p'/);
    assert.notEqual(script, await preparePolicyPack(pack, { origin: "source" }, options), "another stack, another script");
  });

  it("refuses what is no pack, and a pack without its dependencies", async () => {
    await assert.rejects(preparePolicyPack(folder, { origin: "official" }), /is not a policy pack: it has no PulumiPolicy\.yaml/);
    writeFileSync(join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\n");
    await assert.rejects(
      preparePolicyPack(folder, { origin: "source" }, options),
      /cannot find @pulumi\/pulumi; install its dependencies first/,
    );
  });
});
