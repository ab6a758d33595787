import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parseLabels } from "./labels";
import { checkService, loadSettings } from "./load";
import { policyOf } from "./policy";
import { ConfigError } from "./problem";
import { settingsSchema, VARIABLES, type Settings } from "./settings";

/** What a problem ends in: what to do about it. */
const FIX =
  /; (write|keep|give|set|lower|raise|take|correct|see|known are)| correct the YAML there|: (Too |Invalid |expected |Unrecognized |[a-z])|needs a query; set|does nothing without/i;

/** Every problem names its place and a fix, in one line that holds no stack trace. */
function wellPut(problems: readonly string[], place: string): void {
  assert.ok(problems.length > 0);
  for (const problem of problems) {
    assert.ok(problem.includes(place), `the place ${place} in: ${problem}`);
    assert.match(problem, FIX);
    assert.doesNotMatch(problem, /\n\s+at |\[object |undefined/);
  }
}

/** Settings, or problems that are well put. */
function load(sources: Parameters<typeof loadSettings>[0], place: string): Settings | readonly string[] {
  try {
    const settings = loadSettings(sources);
    for (const service of Object.values(settings.services))
      assert.ok(policyOf(settings, service, 1.8e9).min <= policyOf(settings, service, 1.8e9).max);
    return settings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    wellPut(error.problems, place);
    return error.problems;
  }
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "0x10",
    "NaN",
    "true",
    "yes",
    "null",
    "{}",
    "[]",
    "../..",
    "min:2",
    "${HOME}",
    "$(id)",
    "\u0000",
    "😀",
  ),
  fc.double().map(String),
  fc.integer().map(String),
);

describe("input nobody expected", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "autoscaler-fuzz-"))));
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  it("in labels is taken, or refused with label, value and fix", () => {
    const names = fc.constantFrom(
      ..."enable min_replicas max_replicas target_cpu target_memory start_up target_requests_per_second requests_per_second requests_query target_latency_seconds target_latency_quantile latency_query target_queue queue_query pause_until"
        .split(" ")
        .map((name) => `autoscaler.${name}`),
      "autoscaler.",
      "autoscaler.__proto__",
      "__proto__",
      "constructor",
      "com.docker.stack.namespace",
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(names, text)), fc.boolean(), (entries, enabled) => {
        const labels = Object.fromEntries(enabled ? [...entries, ["autoscaler.enable", "true"]] : entries);
        const problems: string[] = [];
        const parsed = parseLabels(labels, "shop-api", problems, { requestsQuery: "sum($service)" });
        const settings = settingsSchema.parse({});
        const checked = parsed === undefined ? undefined : checkService(parsed, "shop-api", problems, settings);
        if (problems.length > 0) wellPut(problems, "shop-api: ");
        if (checked === undefined) return;
        const policy = policyOf(settings, checked, 1.8e9);
        assert.ok(policy.min <= policy.max && policy.signals.every((signal) => signal.target > 0), JSON.stringify(policy));
      }),
      { numRuns: 500 },
    );
  });

  it("in a label is quoted as it stands", () => {
    for (const [label, value] of [
      ["min_replicas", "two"],
      ["min_replicas", "1.5"],
      ["min_replicas", "11"],
      ["max_replicas", "0"],
      ["target_cpu", "0"],
      ["start_up", "-3"],
      ["pause_until", "soon"],
      ["target_requests_per_second", "0"],
      ["target_queue", "7"],
    ] as const) {
      const problems: string[] = [];
      const labels = { "autoscaler.enable": "true", [`autoscaler.${label}`]: value };
      const parsed = parseLabels(labels, "api", problems, { requestsQuery: "q" });
      if (parsed !== undefined) checkService(parsed, "api", problems, settingsSchema.parse({}));
      wellPut(problems, "api: ");
      if (label !== "target_queue") assert.ok(problems.join().includes(value), problems.join());
    }
  });

  it("in the environment is taken, or refused with variable and fix", () => {
    const names = fc.constantFrom(
      ...Object.keys(VARIABLES),
      "SERVICE_CONFIG_shop_api",
      "SERVICE_CONFIG[shop-api]",
      "SERVICE_CONFIG___proto__",
    );
    fc.assert(
      fc.property(names, text, (name, value) => {
        const result = load({ environment: { [name]: value } }, "");
        // bounds are compared with each other, so that either of the two variables may be the one at fault
        if (Array.isArray(result))
          assert.ok(
            result.every((problem: string) => /min .* is more than max/.test(problem) || problem.includes(name)),
            result.join(),
          );
      }),
      { numRuns: 500 },
    );
  });

  it("in the environment is quoted, but for what may hold a token", () => {
    const bad = {
      AUTOSCALER_LISTEN: "nowhere",
      AUTOSCALER_TARGET: "mesos",
      PROMETHEUS_URL: "ftp://x",
      MIN_REPLICAS: "1.5",
      NOTIFY_WEBHOOK_URL: "htps://hooks/T0KEN",
    };
    const problems = load({ environment: bad }, "environment ") as string[];
    assert.equal(problems.length, 5, String(problems));
    for (const [name, value] of Object.entries(bad)) {
      const problem = problems.find((entry) => entry.includes(name)) ?? "";
      assert.equal(problem.includes(value), name !== "NOTIFY_WEBHOOK_URL", problem);
    }
    assert.doesNotMatch(problems.join(), /T0KEN/);
  });

  it("in a file of lines is taken, or refused with its line and fix", () => {
    const line = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.tuple(fc.constantFrom(...Object.keys(VARIABLES)), text).map(([name, value]) => `${name}=${value}`),
      text.map((value) => `SERVICE_CONFIG[shop-api]="${value}"`),
      fc
        .tuple(fc.constantFrom("min", "max", "cpu", "memory", "disk", "__proto__"), text)
        .map(([key, value]) => `SERVICE_CONFIG[a]="${key}:${value},max:3"`),
      fc.constantFrom(
        "declare -A SERVICE_CONFIG",
        "# note",
        "",
        'export CHECK_INTERVAL="30"',
        "SERVICE_CONFIG[__proto__]=min:1",
        "SERVICE_CONFIG[x]=",
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const result = load({ file: file("fuzz.conf", lines.join("\n")), environment: {} }, "");
        if (Array.isArray(result))
          for (const problem of result as string[]) assert.match(problem, /fuzz\.conf|settings: min|services\.\S+: min/, problem);
      }),
      { numRuns: 300 },
    );
  });

  it("in YAML is taken, or refused with its key, value and fix", () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
    const value = fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(fc.string(), leaf, { maxKeys: 3 }));
    const key = fc.constantFrom(...Object.keys(settingsSchema.shape), "maximum", "__proto__", "");
    const service = fc.dictionary(
      fc.constantFrom("enable", "min", "max", "cpu", "memory", "queries", "growth", "schedules", "startUp", "replicas"),
      fc.oneof(
        value,
        fc.array(
          fc.dictionary(fc.constantFrom("name", "kind", "query", "target", "start", "duration", "timezone", "period", "percent"), leaf),
          { maxLength: 2 },
        ),
      ),
    );
    const document = fc.oneof(
      fc.dictionary(key, value).map((entry) => JSON.stringify(entry)),
      fc.dictionary(fc.constantFrom("api", "shop", "__proto__"), service).map((services) => JSON.stringify({ services })),
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "a: &a [*a, *a]",
        "- 1",
        "{",
        "services: [",
        "? : :",
        "%YAML 9",
        "a: !!js/function x",
        "services: { api: { min: 2, min: 3 } }",
        "---\n---\n",
        "\t- x",
      ),
    );
    fc.assert(
      fc.property(document, (content) => {
        const result = load({ file: file("fuzz.yaml", content), environment: {} }, "");
        if (Array.isArray(result))
          for (const problem of result as string[]) assert.match(problem, /fuzz\.yaml|settings: min|services\.\S*: /s, problem);
      }),
      { numRuns: 400 },
    );
    const bomb = [
      "a: &a [x, x]",
      ..."bcdefghi".split("").map((name, index) => `${name}: &${name} [*${"abcdefgh"[index]}, *${"abcdefgh"[index]}]`),
    ].join("\n");
    const problems = load({ file: file("bomb.yaml", bomb), environment: {} }, "bomb.yaml");
    assert.ok(Array.isArray(problems) && problems.length > 0);
  });

  it("in YAML is quoted as it stands", () => {
    const content =
      "checkInterval: soon\nmaximum: 3\nservices: { api: { min: -2, replicas: 4, queries: [{ name: A, kind: speed, query: '', target: 0 }] } }";
    const problems = load({ file: file("quoted.yaml", content), environment: {} }, "quoted.yaml");
    for (const part of [
      'checkInterval is "soon"',
      '"maximum" (3) is not known; write one of checkInterval',
      "services.api.min is -2",
      '"replicas" (4) is not known',
      'kind is "speed"',
      "target is 0",
    ])
      assert.ok(
        (problems as string[]).some((problem) => problem.includes(part)),
        `${part} in ${(problems as string[]).join("\n")}`,
      );
  });
});
