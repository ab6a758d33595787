import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { paths } from "../paths.mjs";
import { sleep } from "../process.mjs";
import { ensurePulumi } from "./index.mjs";
import { Machine } from "./machine.fixture.mjs";
import { keyOf, partNamed } from "./recipe.mjs";

const here = dirname(fileURLToPath(import.meta.url));

describe("ensurePulumi", function () {
  this.timeout(30_000);
  /** @type {Machine} */
  let machine;
  beforeEach(() => (machine = new Machine()));
  afterEach(() => machine.remove());

  it("takes a suitable pulumi on PATH and lets it install the plugins", async () => {
    machine.pulumi("v3.300.0");
    machine.curl(true);
    const pulumi = await machine.ensure();
    assert.equal(pulumi.origin, "path");
    assert.equal(pulumi.bin, machine.bin);
    assert.deepEqual(pulumi.plugins, { docker: "official", random: "official", tls: "official" });
    assert.ok(pulumi.home.startsWith(paths(machine.env).pulumiHomes), "the product has its own PULUMI_HOME");
    assert.ok(existsSync(join(pulumi.home, "plugins/resource-tls-v5.6.1/pulumi-resource-tls")));
  });

  it("gives an environment that finds this CLI, its home, and fetches nothing by itself", async () => {
    machine.pulumi("v3.248.0");
    machine.curl(true);
    const { env, bin, home } = await machine.ensure();
    assert.equal(env.PATH, `${bin}:${machine.env.PATH}`);
    assert.equal(env.PULUMI_HOME, home);
    assert.equal(env.PULUMI_SKIP_UPDATE_CHECK, "true");
    assert.equal(env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION, "true");
    assert.equal(env.HOME, machine.env.HOME);
  });

  it("asks nobody the second time", async () => {
    machine.pulumi("v3.300.0");
    machine.curl(true);
    await machine.ensure();
    const asked = machine.called("curl").length;
    assert.deepEqual((await machine.ensure()).plugins, { docker: "installed", random: "installed", tls: "installed" });
    assert.equal(machine.called("curl").length, asked);
    assert.equal(machine.called("pulumi").filter((line) => line.includes("plugin")).length, 3);
  });

  it("takes the plugins that the user installed before", async () => {
    machine.pulumi("v3.300.0");
    machine.curl(false);
    for (const plugin of ["docker-v5.2.0", "random-v4.21.2", "tls-v5.6.1"]) {
      machine.write(`home/.pulumi/plugins/resource-${plugin}/pulumi-resource-${plugin.split("-")[0]}`, "");
    }
    assert.deepEqual((await machine.ensure({ mode: "official" })).plugins, { docker: "installed", random: "installed", tls: "installed" });
  });

  it("does not take a plugin whose installation broke off", async () => {
    machine.pulumi("v3.300.0");
    machine.curl(false);
    machine.write("home/.pulumi/plugins/resource-docker-v5.2.0/pulumi-resource-docker", "half");
    machine.write("home/.pulumi/plugins/resource-docker-v5.2.0.partial", "");
    await assert.rejects(machine.ensure({ mode: "official" }), /docker plugin 5\.2\.0 is needed/);
  });

  for (const [why, version, host] of [
    ["too old", "v3.247.9", true],
    ["without its Node language host", "v3.300.0", false],
  ]) {
    it(`builds from source when the pulumi on PATH is ${why} and nothing can be downloaded`, async () => {
      machine.pulumi(String(version));
      if (!host) rmSync(join(machine.bin, "pulumi-language-nodejs"));
      machine.curl(false);
      machine.go();
      const pulumi = await machine.ensure();
      assert.equal(pulumi.origin, "source");
      assert.deepEqual(pulumi.plugins, { docker: "source", random: "source", tls: "source" });
      for (const name of ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"])
        assert.ok(existsSync(join(pulumi.bin, name)), name);
      assert.match(machine.said, /building it from source\. \(a pulumi on PATH: .*; the official download: .*Could not resolve host/);
      assert.equal(machine.called("curl").length, 1, "the site is asked once, not again for each plugin");
      for (const line of machine.called("go").filter((call) => call.includes(" build ")))
        assert.match(line, /-trimpath -tags osusergo,grpcnotrace,no_compose/);
    });
  }

  it("builds nothing twice, and builds again only what a changed source goes into", async () => {
    machine.curl(false);
    machine.go();
    const first = await machine.ensure();
    const builds = () => machine.called("go").filter((call) => call.includes(" build ")).length;
    assert.equal(builds(), 5, "two binaries of the CLI, three plugins");
    assert.equal((await machine.ensure()).home, first.home);
    assert.equal(builds(), 5);
    machine.write("go/cmd/pulumi-resource-tls/main.go", "changed");
    machine.write("go/cmd/pulumi-resource-tls/main_test.go", "tests do not count");
    const second = await machine.ensure();
    assert.equal(builds(), 6);
    assert.notEqual(second.home, first.home, "a rebuilt plugin comes with a home of its own");
  });

  it("adds the Kubernetes plugin only for a stack that asks for it", async () => {
    machine.curl(false);
    machine.go();
    await machine.ensure();
    const builds = () => machine.called("go").filter((call) => call.includes(" build ")).length;
    assert.equal(builds(), 5);
    const { home, plugins } = await machine.ensure({ kubernetes: true });
    assert.equal(plugins.kubernetes, "source");
    assert.ok(existsSync(join(home, "plugins/resource-kubernetes-v4.34.2/pulumi-resource-kubernetes")));
    assert.equal(builds(), 6, "the rest is there already");
  });

  it("remembers an unreachable site, says so, and asks again once the answer is deleted", async () => {
    machine.curl(false);
    await assert.rejects(machine.ensure({ mode: "official" }), /the download site cannot be reached \(curl: \(6\)/);
    const remembered = await machine.ensure({ mode: "official" }).catch((error) => error.message);
    assert.match(
      remembered,
      /could not be reached at .* the answer is remembered for a day, delete .*answers\/pulumi-download\.json to ask again/,
    );
    assert.equal(machine.called("curl").length, 1);
    rmSync(join(paths(machine.env).answers, "pulumi-download.json"));
    await assert.rejects(machine.ensure({ mode: "official" }));
    assert.equal(machine.called("curl").length, 2);
  });

  it("says what each way lacks and what to do, when none works", async () => {
    machine.pulumi("v3.100.0");
    machine.curl(false);
    const error = await machine.ensure().catch((problem) => problem);
    assert.equal(error.name, "ToolchainError");
    assert.match(error.message, /^The Pulumi CLI \(3\.248\.0 or newer\) is needed/);
    assert.match(error.message, /pulumi is v3\.100\.0, older than 3\.248\.0/);
    assert.match(error.message, /Could not resolve host/);
    assert.match(error.message, /Go is not installed/);
    assert.match(error.message, /Do one of these:\n {2}- install Pulumi.*\n {2}- install Go/);
  });

  it("refuses a Go that is too old by its version", async () => {
    machine.go("1.19.8");
    await assert.rejects(machine.ensure({ mode: "source" }), /Go 1\.21 or newer is needed; .*\/go is 1\.19\.8[^]*unset TESTBRO_TOOLCHAIN/);
  });

  it("never builds in official mode, and neither looks at PATH nor asks the site in source mode", async () => {
    machine.go();
    machine.curl(false);
    await assert.rejects(machine.ensure({ mode: "official" }), /unset TESTBRO_TOOLCHAIN \(it is set to official\)/);
    assert.equal(machine.called("go").length, 0);
    machine.pulumi("v3.300.0");
    const pulumi = await ensurePulumi({
      env: { ...machine.env, TESTBRO_TOOLCHAIN: "source" },
      progress: machine.progress,
      sources: machine.sources,
    });
    assert.equal(pulumi.origin, "source");
    assert.equal(machine.called("curl").length, 1);
    assert.equal(machine.called("pulumi").length, 0);
  });

  it("refuses a mode that does not exist", async () => {
    await assert.rejects(
      ensurePulumi({ env: { ...machine.env, TESTBRO_TOOLCHAIN: "fast" } }),
      /TESTBRO_TOOLCHAIN is "fast"; set it to one of auto, official, source/,
    );
  });

  it("shows the compiler's words when a build fails, and leaves nothing that looks finished", async () => {
    machine.go("1.26.1", 'echo "go: downloading x" >&2; echo "main.go:1: no such thing" >&2; exit 1');
    await assert.rejects(machine.ensure({ mode: "source" }), (/** @type {Error} */ error) => {
      assert.match(error.message, /building the Pulumi CLI failed\..*\n.*main\.go:1: no such thing/);
      assert.doesNotMatch(error.message, /downloading/);
      return true;
    });
    const { built, scratch } = paths(machine.env);
    assert.ok(!existsSync(built));
    assert.deepEqual(readdirSync(scratch), []);
  });

  it("starts over after a build that was killed half-way", async () => {
    machine.go("1.26.1", "sleep 30 & wait");
    const program = join(machine.root, "program.mjs");
    writeFileSync(
      program,
      `import { ensurePulumi } from ${JSON.stringify(join(here, "index.mjs"))};
       await ensurePulumi({ mode: "source", sources: ${JSON.stringify(machine.sources)} });`,
    );
    const child = spawn(process.execPath, [program], { env: machine.env, stdio: "ignore", detached: true });
    while (machine.called("go").length < 2) await sleep(20);
    // The whole group: the compiler goes down with the command, as it does on a terminal.
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await once(child, "exit");
    const { built, scratch } = paths(machine.env);
    assert.ok(!existsSync(built) && readdirSync(scratch).length > 0, "it was killed in the middle");
    machine.go();
    const pulumi = await machine.ensure({ mode: "source" });
    assert.ok(existsSync(join(pulumi.bin, "pulumi-language-nodejs")));
    assert.deepEqual(readdirSync(scratch), [], "the killed one's remains are gone");
  });

  it("waits for another process that builds the same, and uses its result", async () => {
    machine.go("1.26.1", "sleep 0.2");
    const runs = await Promise.all([machine.ensure({ mode: "source" }), machine.ensure({ mode: "source" })]);
    assert.deepEqual(runs[0], runs[1]);
    assert.equal(machine.called("go").filter((call) => call.includes(" build ")).length, 5);
    assert.match(machine.said, new RegExp(`Process ${process.pid} is building the Pulumi CLI; waiting for it\\.`));
  });

  it("unpacks the official archive when the site answers", async function () {
    if (!["linux", "darwin"].includes(process.platform)) {
      console.log(`      skipped: there is no archive for ${process.platform}`);
      return this.skip();
    }
    // curl "downloads" an archive with one folder, pulumi/; the checksum list is not to be had.
    machine.program(
      "curl",
      `for last; do :; done
       case "$last" in *checksums*) exit 22;; esac
       while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
       [ "$out" = /dev/null ] && exit 0
       dir=$(dirname "$out"); mkdir "$dir/make" "$dir/make/pulumi"; echo '#!/bin/sh' > "$dir/make/pulumi/pulumi"
       echo 'mkdir -p "$PULUMI_HOME/plugins/resource-$4-v$5"; touch "$PULUMI_HOME/plugins/resource-$4-v$5/pulumi-resource-$4"' >> "$dir/make/pulumi/pulumi"
       chmod +x "$dir/make/pulumi/pulumi"; tar -czf "$out" -C "$dir/make" pulumi`,
    );
    const pulumi = await machine.ensure({ mode: "official" });
    assert.equal(pulumi.origin, "official");
    assert.ok(pulumi.bin.startsWith(paths(machine.env).downloads));
    assert.equal(pulumi.plugins.docker, "official");
    assert.match(machine.said, /checksum list cannot be reached/);
  });

  it("refuses an archive whose published checksum is another", async () => {
    machine.program(
      "curl",
      `for last; do :; done
       while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
       [ "$out" = /dev/null ] && exit 0
       case "$last" in *checksums*) echo "0000  pulumi-v3.259.0-${process.platform}-${process.arch}.tar.gz" > "$out";; *) echo broken > "$out";; esac`,
    );
    await assert.rejects(machine.ensure({ mode: "official" }), /is damaged: its SHA-256 is not the published 0000/);
    assert.ok(!existsSync(paths(machine.env).downloads));
  });
});

describe("keyOf", () => {
  it("names part and version, and is the same for the same sources", () => {
    assert.match(keyOf(partNamed("docker")), /^docker-v5\.2\.0-[0-9a-f]{12}$/);
    assert.equal(keyOf(partNamed("docker")), keyOf(partNamed("docker")));
  });
});
