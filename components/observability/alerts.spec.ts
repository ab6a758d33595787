import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { autoscalerRules } from "../autoscaling/rules";
import { BACKEND, type AlertCase, type Series } from "./alert-cases/case.fixture";
import { APP_CASES } from "./alert-cases/app.fixture";
import { BALANCER_CASES } from "./alert-cases/balancer.fixture";
import { CERTIFICATE_CASES } from "./alert-cases/certificates.fixture";
import { INFRASTRUCTURE_CASES } from "./alert-cases/infrastructure.fixture";
import { KUBERNETES_CASES } from "./alert-cases/kubernetes.fixture";
import { SCALING_CASES } from "./alert-cases/scaling.fixture";
import { UPSTREAM_CASES } from "./alert-cases/upstreams.fixture";
import { OBJECTIVE_CASES } from "./alert-cases/objectives.fixture";
import { TRAEFIK_CASES } from "./alert-cases/traefik.fixture";
import { builtinRules } from "./builtin";
import { prometheusConfig, toYaml, type Around } from "./config";
import { settingsOf } from "./options";
import { isAlert, ruleFile, type RuleGroup } from "./rules";

const run = promisify(execFile);

/** `PROMTOOL` names the program where it is not on the PATH. */
const promtool = process.env["PROMTOOL"] ?? "promtool";

const settings = settingsOf({});
const around: Around = {
  alertmanager: { host: "alertmanager", port: 9093, pathPrefix: "/alertmanager" },
  probing: {
    blackbox: { ...BACKEND.ref, fullName: "testbro-blackbox", ports: { http: 9115 } },
    options: { through: { ...BACKEND.ref, ports: { https: 8443 } }, host: "example.org", urls: ["https://example.org/"] },
  },
};
const groups = [...builtinRules([BACKEND], settings, around), autoscalerRules()];
/** What differs where Traefik is the balancer. */
const traefikGroups = builtinRules([BACKEND], settingsOf({ balancer: "traefik" }), around).filter(({ name }) =>
  ["balancer", "upstreams"].includes(name),
);
const CASES: AlertCase[] = [
  ...APP_CASES,
  ...BALANCER_CASES,
  ...UPSTREAM_CASES,
  ...OBJECTIVE_CASES,
  ...INFRASTRUCTURE_CASES,
  ...CERTIFICATE_CASES,
  ...SCALING_CASES,
];

/** The page of an alert: of its group's name, at the heading of its own. */
function runbookOf(alert: string): string {
  const group = groups.find(({ rules }) => rules.some((rule) => isAlert(rule) && rule.alert === alert));
  return `docs/runbooks/${group?.name ?? "?"}.md#${alert.toLowerCase()}`;
}

/** An alert's group and the recorded series: all groups over hours would take minutes. */
function readBy({ alert }: AlertCase, all: readonly RuleGroup[]): RuleGroup[] {
  return all.filter(({ name, rules }) => name === "traffic" || rules.some((rule) => isAlert(rule) && rule.alert === alert));
}

function unitTests({ alert, every = 5, bad, fires, recovered, labels, summary, description, quiet, step }: AlertCase): object[] {
  const series = (values: Series) => Object.entries(values).map(([name, text]) => ({ series: name, values: text }));
  const at = (seconds: number, expected: object[]) => ({ eval_time: `${seconds}s`, alertname: alert, exp_alerts: expected });
  const expected = [{ exp_labels: labels, exp_annotations: { summary, description, runbook_url: runbookOf(alert) } }];
  return [
    {
      name: `${alert} fires and recovers`,
      interval: `${every}s`,
      input_series: series(bad),
      alert_rule_test: [at(fires - (step ?? 5), []), at(fires, expected), at(recovered, [])],
    },
    ...quiet.map((values, index) => ({
      name: `${alert} stays quiet (${index})`,
      interval: `${every}s`,
      input_series: series(values),
      alert_rule_test: [at(fires, []), at(fires + 30, [])],
    })),
  ];
}

describe("alert rules", function () {
  this.timeout(60_000);
  let folder: string;

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "testbro-rules-"));
    const found = spawnSync(promtool, ["--version"]);
    if (found.error) {
      console.log(`      promtool cannot be run (${found.error.message}): install Debian's package prometheus or set PROMTOOL to its path`);
      this.skip();
    }
    await writeFile(join(folder, "rules.yml"), toYaml(ruleFile(groups, "docs/runbooks")));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it("are accepted by promtool, configuration included", async () => {
    await run(promtool, ["check", "rules", join(folder, "rules.yml")]);
    await writeFile(join(folder, "traefik-rules.yml"), toYaml(ruleFile(traefikGroups, "docs/runbooks")));
    await run(promtool, ["check", "rules", join(folder, "traefik-rules.yml")]);
    const config = prometheusConfig([BACKEND], settings, around);
    await writeFile(join(folder, "prometheus.yml"), toYaml({ ...config, rule_files: ["rules.yml"] }));
    await run(promtool, ["check", "config", join(folder, "prometheus.yml")]);
  });

  for (const [all, alertCase, kind] of [
    ...CASES.map((each) => [groups, each, ""] as const),
    ...TRAEFIK_CASES.map((each) => [traefikGroups, each, "traefik-"] as const),
    ...KUBERNETES_CASES.map((each) => [groups, each, "kubernetes-"] as const),
  ]) {
    it(`${kind}${alertCase.alert} fires in time, stays quiet just below, and recovers`, async () => {
      const name = `${kind}${alertCase.alert}`;
      const file = join(folder, `${name}.yml`);
      const rules = `${name}-rules.yml`;
      await writeFile(join(folder, rules), toYaml(ruleFile(readBy(alertCase, all), "docs/runbooks")));
      await writeFile(file, toYaml({ rule_files: [rules], evaluation_interval: `${alertCase.every ?? 5}s`, tests: unitTests(alertCase) }));
      await run(promtool, ["test", "rules", file]).catch((error: Error & { stdout?: string; stderr?: string }) =>
        assert.fail(`${error.stdout ?? ""}${error.stderr ?? error.message}`),
      );
    });
  }
});

describe("built-in alerts", () => {
  it("each have a heading in docs/runbooks where their link leads", async () => {
    const runbooks = join(__dirname, "../../../docs/runbooks");
    for (const { rules } of [...groups, ...traefikGroups]) {
      for (const { alert, runbook } of rules.filter(isAlert)) {
        const [page, anchor] = (runbook ?? "").split("#");
        const text = await readFile(join(runbooks, page ?? ""), "utf8");
        const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading?.toLowerCase());
        assert.ok(headings.includes(anchor), `${alert}: ${page} has no heading "## ${alert}"`);
      }
    }
  });

  it("each have a case above", () => {
    const alerts = (all: readonly RuleGroup[]) => [...new Set(all.flatMap(({ rules }) => rules.filter(isAlert).map(({ alert }) => alert)))];
    const told = (cases: readonly AlertCase[]) => [...new Set(cases.map(({ alert }) => alert))];
    assert.deepEqual(told(CASES).sort(), alerts(groups).sort());
    assert.deepEqual(told(TRAEFIK_CASES).sort(), alerts(traefikGroups).sort());
  });
});
