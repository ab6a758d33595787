import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Machine } from "../pulumi/machine.fixture.mjs";
import { buildArguments, GO_SOURCES, keyOf } from "../pulumi/recipe.mjs";
import { ensureTraefik } from "./index.mjs";
import { TRAEFIK_PART } from "./recipe.mjs";
import { LEGO, TRAEFIK } from "./versions.mjs";

describe("Traefik's recipe", () => {
  it("builds the version that go.mod requires, with the client of ACME that it was tried with", () => {
    const requirements = readFileSync(join(GO_SOURCES, "traefik/go.mod"), "utf8");
    assert.match(requirements, new RegExp(`github\\.com/traefik/traefik/v3 v${TRAEFIK.replaceAll(".", "\\.")}\\b`));
    assert.match(requirements, /go-acme\/lego\/v5 => \.\/lego\b/);
    assert.equal(TRAEFIK_PART.patched?.[0]?.module, `github.com/go-acme/lego/v5@v${LEGO}`);
    const [compilation] = TRAEFIK_PART.compilations;
    assert.ok(compilation);
    assert.match(buildArguments(compilation, "out").join(" "), new RegExp(`version\\.Version=${TRAEFIK.replaceAll(".", "\\.")} `));
  });

  it("makes another build of another patch", () => {
    const patched = [{ module: "m@v1.0.0", sum: "h1:x", folder: "traefik/m", files: {} }];
    assert.notEqual(keyOf({ ...TRAEFIK_PART, patched }), keyOf(TRAEFIK_PART));
  });
});

describe("ensureTraefik", function () {
  this.timeout(30_000);
  /** @type {Machine} */
  let machine;
  beforeEach(() => {
    machine = new Machine();
    for (const file of ["go.mod", "go.sum", "ext/ext.go", "dns/providers.go"]) machine.write(`go/traefik/${file}`, `our ${file}`);
    machine.write("modules/lego/providers/dns/zz_gen_dns_providers.go", "their list");
    machine.write("modules/lego/lego.go", "their client");
  });
  afterEach(() => machine.remove());

  const ensure = (/** @type {object} */ options = {}) =>
    ensureTraefik({ env: machine.env, progress: machine.progress, sources: machine.sources, ...options });

  /** A go whose module cache is a folder, and whose builds are what it found beside the sources. @param {string} [sum] */
  function go(sum = TRAEFIK_PART.patched?.[0]?.sum) {
    machine.program(
      "go",
      `case "$1" in
         version) echo "go version go1.26.1 linux/amd64";;
         mod) echo '{ "Dir": "${join(machine.root, "modules/lego")}", "Sum": "${sum}" }';;
         build) while [ "$1" != -o ]; do shift; done; cat lego/providers/dns/*.go lego/lego.go ext/ext.go > "$2";;
       esac`,
    );
  }

  /** A curl that serves an archive, and a list of sums. @param {string} [sum] of the archive; default the right one */
  function curl(sum) {
    machine.write("release/traefik", "official");
    machine.program("sha256sum", `exec ${["/usr/bin", "/bin"].map((folder) => join(folder, "sha256sum"))[0]} "$@"`);
    machine.program(
      "curl",
      `case "$*" in
         -sSIfL*) exit 0;;
         *checksums.txt) while [ "$1" != -o ]; do shift; done
           sum=${sum ?? `$(sha256sum < "${join(machine.root, "archive")}"); sum=\${sum%% *}`}
           echo "$sum  ./traefik_v${TRAEFIK}_linux_amd64.tar.gz" > "$2";;
         *) while [ "$1" != -o ]; do shift; done; tar -czf "$2" -C "${join(machine.root, "release")}" traefik; cat "$2" > "${join(machine.root, "archive")}";;
       esac`,
    );
  }

  it("builds from source where nothing can be downloaded, with our file in the place of lego's list", async () => {
    machine.curl(false);
    go();
    const { program, origin } = await ensure();
    assert.equal(origin, "source");
    assert.equal(readFileSync(program, "utf8"), "our dns/providers.gotheir clientour ext/ext.go");
    assert.equal(readFileSync(join(machine.root, "modules/lego/providers/dns/zz_gen_dns_providers.go"), "utf8"), "their list");
    assert.equal((await ensure()).program, program);
    assert.equal(machine.called("go").filter((call) => call.startsWith("go build")).length, 1, "once");
    assert.equal(machine.called("curl").length, 1, "a finished build asks nobody");
  });

  it("takes no module that is not the one that was tried", async () => {
    machine.curl(false);
    go("h1:another");
    await assert.rejects(ensure(), /lego\/v5@v[\d.]+ is not the one that was tried: its sum is h1:another/);
  });

  it("says what a module that cannot be had lacks", async () => {
    machine.curl(false);
    machine.program(
      "go",
      `[ "$1" = version ] && echo "go version go1.26.1 linux/amd64" || { echo '{ "Error": "403 Forbidden" }'; exit 1; }`,
    );
    await assert.rejects(ensure(), /could not be had: 403 Forbidden/);
  });

  it("takes the official release where it can be reached, and asks nobody the second time", async function () {
    if (process.arch !== "x64") return this.skip();
    curl();
    const { program, origin } = await ensure();
    assert.equal(origin, "official");
    assert.equal(readFileSync(program, "utf8"), "official");
    const asked = machine.called("curl").length;
    assert.equal(dirname((await ensure()).program), dirname(program));
    assert.equal(machine.called("curl").length, asked);
  });

  it("refuses a damaged release, and falls back to a build", async function () {
    if (process.arch !== "x64") return this.skip();
    curl("0".repeat(64));
    await assert.rejects(ensure({ mode: "official" }), /is damaged: its SHA-256 is not the published 0000/);
    go();
    assert.equal((await ensure()).origin, "source");
  });

  it("refuses a way it does not know", async () => {
    await assert.rejects(ensure({ mode: "magic" }), /TESTBRO_TOOLCHAIN is "magic"; set it to one of auto, official, source/);
  });
});
