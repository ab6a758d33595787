import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "./cli";
import { edit, REMOVE } from "./fixtures/edit";
import * as docker from "./fixtures/docker";
import type { Resource } from "./core/resource";

describe("testbro-policy", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "policy-cli-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const state = (name: string, ...resources: Resource[]) =>
    file(
      name,
      JSON.stringify({
        version: 3,
        deployment: {
          resources: resources.map(({ type, name, props, protect }) => ({
            urn: `urn:pulumi:dev::shop::${type}::${name}`,
            type,
            inputs: props,
            protect,
          })),
        },
      }),
    );
  const run = (...args: string[]) => {
    const written = { stdout: "", stderr: "" };
    const status = main(args, {
      stdout: { write: (text) => (written.stdout += text) },
      stderr: { write: (text) => (written.stderr += text) },
    });
    return { status, ...written };
  };
  const good = () => state("good.json", docker.service, docker.network);
  const bad = () =>
    state("bad.json", edit(docker.service, { "taskSpec.containerSpec.healthcheck": REMOVE, "taskSpec.containerSpec.image": "nginx" }));

  it("exits 0 on a clean state", () => {
    const { status, stdout } = run("check", good(), "--preset", "strict");
    assert.equal(status, 0, stdout);
    assert.match(stdout, /2 resources, \d+ rules, preset strict: 0 mandatory, 0 advisory/);
  });

  it("exits 1 on mandatory findings and names them", () => {
    const { status, stdout } = run("check", bad());
    assert.equal(status, 1);
    assert.match(stdout, /✗ high\s+health-docker-healthcheck: there is no health check/);
    assert.match(stdout, /backend \(docker:index\/service:Service\)/);
  });

  it("exits 0 when all findings are advisory", () => assert.equal(run("check", bad(), "--preset", "advisory").status, 0));

  it("writes JSON", () => {
    const report = JSON.parse(run("check", bad(), "--format", "json").stdout) as { passed: boolean; findings: { rule: string }[] };
    assert.equal(report.passed, false);
    assert.ok(report.findings.some(({ rule }) => rule === "images-no-latest"));
  });

  it("writes SARIF with a rule for every result", () => {
    const log = JSON.parse(run("check", bad(), "--format", "sarif").stdout) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; level: string; locations: { physicalLocation: object }[] }[];
      }[];
    };
    assert.equal(log.version, "2.1.0");
    const [{ tool, results }] = log.runs as [(typeof log.runs)[0]];
    const ids = new Set(tool.driver.rules.map(({ id }) => id));
    assert.ok(results.length > 0 && results.every(({ ruleId, locations }) => ids.has(ruleId) && locations[0]!.physicalLocation));
    assert.ok(results.some(({ level }) => level === "error") && results.some(({ level }) => level === "warning"));
  });

  it("writes JUnit with the counts of its cases", () => {
    const xml = run("check", bad(), "--format", "junit").stdout;
    const failures = [...xml.matchAll(/<failure /g)].length;
    assert.ok(failures > 0);
    assert.match(xml, new RegExp(`<testsuites [^>]*failures="${failures}">`));
    assert.equal(Number(/<testsuites [^>]*tests="(\d+)"/.exec(xml)![1]), [...xml.matchAll(/<testcase /g)].length);
    assert.equal([...xml.matchAll(/<testcase /g)].length, [...xml.matchAll(/<\/testcase>/g)].length);
  });

  it("takes levels and parameters from a file", () => {
    const config = file("config.json", JSON.stringify({ all: "disabled", "images-no-latest": "mandatory" }));
    const { stdout, status } = run("check", bad(), "--config", config, "--format", "json");
    assert.equal(status, 1);
    assert.deepEqual(
      (JSON.parse(stdout) as { findings: { rule: string }[] }).findings.map(({ rule }) => rule),
      ["images-no-latest"],
    );
  });

  it("exits 2 with a clear message when it cannot run", () => {
    for (const [args, message] of [
      [[], /testbro-policy check FILE/],
      [["check"], /name the state file/],
      [["check", join(folder, "absent.json")], /cannot read the state .*absent\.json/],
      [["check", file("broken.json", "{")], /the file is not JSON/],
      [["check", good(), "--preset", "strictest"], /preset "strictest" does not exist; use one of advisory, standard, strict/],
      [["check", good(), "--format", "xml"], /format "xml" does not exist/],
      [["check", good(), "--config", file("text.json", "x")], /text\.json is not JSON/],
      [["check", good(), "--config", file("unknown.json", '{"no-rule":"mandatory"}')], /no-rule: there is no such rule/],
      [
        ["check", good(), "--config", file("type.json", '{"tls-hsts":{"minMaxAge":"long"}}')],
        /minMaxAge: "long" has to be of type integer/,
      ],
      [["check", good(), "more"], /"more" is too much/],
      [["check", good(), "--wrong"], /--wrong/],
      [["explain", "no-rule"], /there is no rule "no-rule"/],
      [["dance"], /there is no command "dance"/],
    ] as [string[], RegExp][]) {
      const { status, stderr } = run(...args);
      assert.equal(status, 2, args.join(" "));
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at /, "a stack trace is no message");
    }
  });

  it("ends the process with its exit code", () => {
    const spawn = (...args: string[]) => spawnSync(process.execPath, [join(__dirname, "cli.js"), ...args], { encoding: "utf8" });
    assert.equal(spawn("check", bad()).status, 1);
    assert.equal(spawn("check").status, 2);
    const piped = spawnSync(process.execPath, [join(__dirname, "cli.js"), "check", "-"], {
      encoding: "utf8",
      input: '{"version":3,"deployment":{}}',
    });
    assert.equal(piped.status, 0, piped.stderr);
  });

  it("lists and explains rules", () => {
    assert.match(run("list").stdout, /^health-docker-healthcheck\s+high/m);
    assert.match(run("explain", "tls-hsts").stdout, /minMaxAge \(integer, default 15768000\)/);
  });
});
