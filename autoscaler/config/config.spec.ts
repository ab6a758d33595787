import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parseLabels } from "./labels";
import { checkService, loadSettings } from "./load";
import { policyOf } from "./policy";
import { ConfigError } from "./problem";
import { parseServiceLine, parseShellFile } from "./service-line";
import { settingsSchema } from "./settings";

const problemsOf = (work: () => unknown): readonly string[] => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  return [];
};

describe("settings", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "autoscaler-config-"))));
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it("have the mission's defaults and variables", () => {
    const plain = loadSettings({ environment: {} });
    assert.deepEqual(
      [plain.checkInterval, plain.min, plain.max, plain.cpu, plain.memory, plain.upCooldown, plain.downCooldown, plain.fastInterval],
      [60, 2, 10, 70, 80, 300, 600, 5],
    );
    const set = loadSettings({
      environment: {
        CHECK_INTERVAL: "30",
        MIN_REPLICAS: "3",
        MAX_REPLICAS: "9",
        CPU_THRESHOLD: "60",
        MEMORY_THRESHOLD: "75",
        SCALE_UP_COOLDOWN: "100",
        SCALE_DOWN_COOLDOWN: "200",
      },
    });
    assert.deepEqual(
      [set.checkInterval, set.min, set.max, set.cpu, set.memory, set.upCooldown, set.downCooldown],
      [30, 3, 9, 60, 75, 100, 200],
    );
  });

  it("come from lines like a shell script's, the environment and YAML", () => {
    const lines = file(
      "services.conf",
      '# services\ndeclare -A SERVICE_CONFIG\nMAX_REPLICAS=12\nSERVICE_CONFIG[testbro-backend]="min:2,max:10,cpu:70,memory:80"\nSERVICE_CONFIG[testbro-frontend]="min:2,max:5,cpu:60,memory:70"\n',
    );
    const settings = loadSettings({ file: lines, environment: { SERVICE_CONFIG_testbro_backend: "max:8" } });
    assert.deepEqual(settings.services, {
      "testbro-backend": { min: 2, max: 8, cpu: 70, memory: 80 },
      "testbro-frontend": { min: 2, max: 5, cpu: 60, memory: 70 },
    });
    assert.equal(settings.max, 12);
    const yaml = file(
      "a.yaml",
      "max: 20\nservices:\n  api:\n    queries:\n      - { name: requests, kind: rate, query: 'sum(rate(x[30s]))', target: 50 }\n",
    );
    const policy = policyOf(
      loadSettings({ file: yaml, environment: {} }),
      loadSettings({ file: yaml, environment: {} }).services["api"] ?? {},
      0,
    );
    assert.deepEqual(policy.signals[2], { name: "requests", kind: "rate", target: 50 });
  });

  it("report every problem with its place", () => {
    const bad = file("bad.conf", 'CHECK_INTERVAL=soon\nSERVICE_CONFIG[a]="min:two,cpus:7"\nrm -rf /\n');
    const problems = problemsOf(() => loadSettings({ file: bad, environment: { MIN_REPLICAS: "-1", AUTOSCALER_DRY_RUN: "perhaps" } }));
    for (const part of [
      "CHECK_INTERVAL",
      "bad.conf:2 (a): min",
      "cpus:7",
      "bad.conf:3",
      "environment: MIN_REPLICAS",
      "AUTOSCALER_DRY_RUN",
    ]) {
      assert.ok(
        problems.some((problem) => problem.includes(part)),
        `${part} in ${problems.join("\n")}`,
      );
    }
    assert.match(problemsOf(() => loadSettings({ environment: { MIN_REPLICAS: "30" } })).join(), /min 30 is more than max 10/);
    assert.match(
      problemsOf(() =>
        loadSettings({ file: file("s.yaml", "services: { a: { schedules: [{ start: never, duration: 60 }] } }"), environment: {} }),
      ).join(),
      /cron expression/,
    );
    assert.match(problemsOf(() => loadSettings({ file: file("k.yaml", "maximum: 3"), environment: {} })).join(), /maximum/);
    assert.match(problemsOf(() => loadSettings({ file: join(folder, "none.yaml"), environment: {} })).join(), /cannot be read/);
  });

  it("hold a schedule's bounds while it lasts, in its time zone", () => {
    const settings = settingsSchema.parse({});
    const service = { schedules: [{ start: "0 8 * * *", duration: 3600, timezone: "Europe/Berlin", min: 5 }] };
    const at = (iso: string) => policyOf(settings, service, Date.parse(iso) / 1000).min;
    assert.deepEqual(
      ["2025-07-01T05:59:00Z", "2025-07-01T06:00:00Z", "2025-07-01T06:59:59Z", "2025-07-01T07:00:01Z", "2025-01-15T07:30:00Z"].map(at),
      [2, 5, 5, 2, 5],
    );
  });

  it("come from labels, only where scaling is asked for", () => {
    const problems: string[] = [];
    assert.equal(parseLabels({ "autoscaler.min_replicas": "3" }, "a", problems), undefined);
    assert.deepEqual(
      parseLabels(
        {
          "autoscaler.enable": "true",
          "autoscaler.min_replicas": "3",
          "autoscaler.max_replicas": "7",
          "autoscaler.target_cpu": "65",
          "autoscaler.target_memory": "85",
        },
        "a",
        problems,
      ),
      {
        enable: true,
        min: 3,
        max: 7,
        cpu: 65,
        memory: 85,
      },
    );
    assert.deepEqual(problems, []);
    parseLabels({ "autoscaler.enable": "perhaps" }, "a", problems);
    parseLabels(
      { "autoscaler.enable": "true", "autoscaler.target_cpu": "much", "autoscaler.maximum": "4", "autoscaler.requests_per_second": "5" },
      "b",
      problems,
    );
    assert.equal(problems.length, 4);
    checkService({ cpu: 0 }, "c", problems);
    assert.match(problems[4] ?? "", /c: cpu/);
  });

  it("take a target's query from the daemon's template, or the service's own label", () => {
    const problems: string[] = [];
    const templates = { requestsQuery: 'sum(rate(r{workload="$service"}[15s]))', latencyQuery: 'quantile($quantile, l{s="$service"})' };
    const labels = {
      "autoscaler.enable": "true",
      "autoscaler.target_requests_per_second": "70",
      "autoscaler.target_latency_seconds": "0.3",
      "autoscaler.target_latency_quantile": "0.99",
    };
    assert.deepEqual(parseLabels(labels, "shop-api", problems, templates)?.queries, [
      { name: "requests", kind: "rate", target: 70, query: 'sum(rate(r{workload="shop-api"}[15s]))' },
      { name: "latency", kind: "latency", target: 0.3, query: 'quantile(0.99, l{s="shop-api"})' },
    ]);
    const own = { "autoscaler.enable": "true", "autoscaler.requests_per_second": "5", "autoscaler.requests_query": "sum(own)" };
    assert.deepEqual(parseLabels(own, "a", problems, templates)?.queries, [
      { name: "requests", kind: "rate", target: 5, query: "sum(own)" },
    ]);
    assert.deepEqual(problems, []);
    parseLabels({ "autoscaler.enable": "true", "autoscaler.target_queue": "10" }, "b", problems, templates);
    assert.match(problems.join(), /b: autoscaler\.target_queue needs a query; set label autoscaler\.queue_query/);
  });

  it("answer any text with settings or named problems", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseServiceLine(text, "line", [])));
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseShellFile(text, "file", [])));
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom("autoscaler.enable", "autoscaler.min_replicas", "__proto__", "autoscaler.target_cpu", "x"),
          fc.string(),
        ),
        (labels) => void parseLabels(labels, "s", []),
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          try {
            loadSettings({ file: file("fuzz.yaml", text), environment: {} });
          } catch (error) {
            assert.ok(error instanceof ConfigError && error.problems.length > 0, String(error));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
