import assert from "node:assert/strict";
import { edit } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";
import { evaluateRules } from "./evaluate";
import type { Resource } from "./resource";
import { defineRule, type ResourceRule, type StackRule } from "./rule";

const text = { group: "health" as const, title: "t", why: "w", fix: "f", example: "e" };
const rule: ResourceRule = defineRule({
  ...text,
  id: "health-two",
  severity: "medium",
  kinds: ["docker/Service", "test:index:Component"],
  parameters: { least: { type: "integer", description: "d", default: 2, minimum: 1 } },
  check: ({ props, report, parameter }) => {
    if ((props.at("mode", "replicated", "replicas").number() ?? 0) < parameter<number>("least")) report("too few", props.at("mode"));
  },
});
const broken: ResourceRule = { ...rule, id: "health-broken", severity: "low", check: () => assert.fail("a bug") };
const brokenStack: StackRule = { ...text, id: "health-stack", severity: "low", checkStack: () => assert.fail("another bug") };
const bad = edit(docker.service, { mode: { replicated: { replicas: 1 } }, labels: [] });
const exempt = (value: string, id = "health-two") => edit(bad, { labels: [{ label: `policy.testbro.ai/exempt.${id}`, value }] });
const TODAY = { today: "2026-06-15" };

describe("evaluateRules", () => {
  it("says what is wrong, where, and how grave it is", () => {
    const { findings, passed, resources, rules } = evaluateRules([rule], [bad], { preset: "strict" });
    assert.equal(passed, false);
    assert.deepEqual([resources, rules], [1, 1]);
    assert.deepEqual(findings, [
      {
        rule: "health-two",
        severity: "medium",
        outcome: "violation",
        level: "mandatory",
        message: "too few (mode)",
        path: "mode",
        urn: "urn:pulumi:stack::project::docker:index/service:Service::backend",
        type: "docker:index/service:Service",
        name: "backend",
      },
    ]);
  });

  it("takes levels from the preset, the settings for all, and those for the rule, the latter winning", () => {
    const level = (preset: "advisory" | "standard" | "strict", settings = {}) =>
      evaluateRules([rule], [bad], { preset, settings }).findings[0]?.level;
    assert.equal(level("advisory"), "advisory");
    assert.equal(level("standard"), "advisory");
    assert.equal(level("strict"), "mandatory");
    assert.equal(level("advisory", { all: "mandatory" }), "mandatory");
    assert.equal(level("strict", { all: "mandatory", "health-two": "advisory" }), "advisory");
    assert.equal(level("strict", { "health-two": { enforcementLevel: "disabled" } }), undefined);
  });

  it("hands parameters to the rule", () => {
    assert.deepEqual(evaluateRules([rule], [bad], { settings: { "health-two": { least: 1 } } }).findings, []);
  });

  it("reports everything wrong with the settings at once", () => {
    const settings = { "health-two": { enforcementLevel: "mandatry", least: "two", most: 3 }, "health-tow": "mandatory", all: 7 };
    assert.throws(
      () => evaluateRules([rule], [], { settings: settings as never }),
      (error: Error) => {
        assert.match(error.message, /health-two: level "mandatry" does not exist; use one of mandatory, advisory, disabled/);
        assert.match(error.message, /health-two\.least: "two" has to be of type integer, not string/);
        assert.match(error.message, /health-two\.most: 3 does not exist; there are least/);
        assert.match(error.message, /health-tow: there is no such rule/);
        assert.match(error.message, /all: has to be a level or an object/);
        return true;
      },
    );
    for (const least of [0, 1.5]) assert.throws(() => evaluateRules([rule], [], { settings: { "health-two": { least } } }), /least/);
    assert.throws(() => evaluateRules([rule], [], { settings: [] as never }), /has to be an object/);
  });

  it("fails closed by name when a rule throws, whatever its level", () => {
    const { findings, passed } = evaluateRules([broken, brokenStack], [bad], { preset: "advisory" });
    assert.equal(passed, false);
    assert.deepEqual(
      findings.map(({ outcome, level }) => [outcome, level]),
      [
        ["failed", "mandatory"],
        ["failed", "mandatory"],
      ],
    );
    assert.match(findings[0]!.message, /rule health-broken failed and therefore counts as violated: a bug/);
    assert.match(findings[1]!.message, /rule health-stack failed/);
  });

  it("does not let an exemption cover a rule that throws", () => {
    assert.equal(evaluateRules([broken], [exempt("reason enough", "health-broken")]).passed, false);
  });

  it("applies an exemption with a reason and prints it", () => {
    const { findings, exemptions, passed } = evaluateRules([rule], [exempt("one is enough here; expires=2026-06-15")], {
      preset: "strict",
      ...TODAY,
    });
    assert.equal(passed, true);
    assert.equal(findings[0]!.outcome, "exempted");
    assert.equal(findings[0]!.message, "exempted (one is enough here, until 2026-06-15): too few (mode)");
    assert.deepEqual(
      exemptions.map(({ used, expired }) => [used, expired]),
      [[true, false]],
    );
  });

  it("lists expired and unused exemptions", () => {
    const expired = evaluateRules([rule], [exempt("one is enough; expires=2026-06-14")], { preset: "strict", ...TODAY });
    assert.equal(expired.passed, false);
    assert.deepEqual(
      expired.findings.map(({ rule: id, level }) => [id, level]),
      [
        ["health-two", "mandatory"],
        ["exemptions", "advisory"],
      ],
    );
    assert.match(expired.findings[1]!.message, /expired on 2026-06-14/);
    const unused = evaluateRules([rule], [edit(exempt("one is enough"), { "mode.replicated.replicas": 2 })], { preset: "strict" });
    assert.equal(unused.passed, true);
    assert.match(unused.findings[0]!.message, /is not needed; remove it/);
  });

  it("refuses exemptions without reason, with a wrong date or for an unknown rule", () => {
    for (const [value, id, message] of [
      ["", "health-two", /has no reason/],
      ["; expires=2030-01-01", "health-two", /has no reason/],
      ["good enough reason; expires=soon", "health-two", /expires on "soon", which is no date/],
      ["good enough reason; expires=2026-13-40", "health-two", /which is no date/],
      ["good enough reason", "health-three", /there is no such rule/],
    ] as const) {
      const { findings, passed } = evaluateRules([rule], [exempt(value, id)], { preset: "advisory", ...TODAY });
      assert.equal(passed, false, value);
      assert.ok(
        findings.some((finding) => finding.rule === "exemptions" && message.test(finding.message)),
        value,
      );
      assert.ok(
        findings.some((finding) => finding.rule === "health-two" && finding.outcome === "violation"),
        "the wrong exemption was applied",
      );
    }
  });

  it("lets a component's exemptions reach what it creates, and nothing else", () => {
    const component: Resource = {
      type: "test:index:Component",
      name: "tier",
      props: { mode: { replicated: { replicas: 2 } }, policyExemptions: { "health-two": "the tier is small" } },
    };
    const urn = "urn:pulumi:stack::project::test:index:Component::tier";
    const inner = { ...bad, parent: urn };
    assert.equal(evaluateRules([rule], [component, inner], { preset: "strict" }).passed, true);
    assert.equal(evaluateRules([rule], [inner, component], { preset: "strict" }).passed, true);
    assert.equal(evaluateRules([rule], [component, bad], { preset: "strict" }).passed, false);
  });

  it("reads the items of Kubernetes lists, and leaves patches alone", () => {
    const pods: ResourceRule = { ...rule, kinds: ["apps/Deployment"], check: ({ report, props }) => report("seen", props.at("metadata")) };
    const list = { type: "kubernetes:core/v1:List", name: "all", props: { items: [kube.deployment.props, kube.clusterService.props] } };
    assert.deepEqual(
      evaluateRules([pods], [list]).findings.map(({ path }) => path),
      ["items[0].metadata"],
    );
    assert.deepEqual(evaluateRules([pods], [{ ...kube.deployment, type: "kubernetes:apps/v1:DeploymentPatch" }]).findings, []);
  });

  it("treats API versions of a kind alike", () => {
    const seen: ResourceRule = { ...rule, kinds: ["apps/Deployment"], check: ({ report }) => report("seen") };
    for (const version of ["apps/v1", "apps/v1beta2", "extensions/v1beta1"]) {
      assert.equal(evaluateRules([seen], [{ ...kube.deployment, type: `kubernetes:${version}:Deployment` }]).findings.length, 1, version);
    }
  });
});
