import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { recordResources, valueOf } from "../platform/testing/mocks";
import { RecordingPlatform } from "../platform/testing/recording";
import { validate, type Ref, type Workload } from "../workload";
import type { AutoScalerOptions } from "./options";

let autoscaling: typeof import("./index.js");
let platform: RecordingPlatform;
let prometheus: Ref;
let count = 0;

const unique = (name: string) => `${name}-${(count += 1)}`;
const make = (options: Partial<AutoScalerOptions> = {}) =>
  new autoscaling.AutoScaler(unique("autoscaler"), { platform, image: "autoscaler@sha256:1", engineGroup: 105, ...options });
const envOf = async (workload: Workload) => valueOf(pulumi.output(workload.env ?? {}));

describe("AutoScaler", () => {
  before(async () => {
    await recordResources();
    autoscaling = await import("./index.js");
  });

  beforeEach(() => {
    platform = new RecordingPlatform(unique("platform"));
    prometheus = platform.declare("prometheus", { ports: { http: 9090 }, segment: "monitoring" });
  });

  it("gives the engine's socket to the gate alone, and the gate to the auto-scaler alone", () => {
    const { refs } = make({ engineSocket: "/srv/engine/docker.sock", prometheus: { ref: prometheus } });
    const [gate, autoscaler] = [platform.workload("engine-gate"), platform.workload("autoscaler")];
    assert.deepEqual(gate.hostSockets, { "/var/run/docker.sock": "/srv/engine/docker.sock" });
    assert.deepEqual(gate.security, { user: { uid: 10001, gid: 10001 }, groups: [105], writable: ["/tmp"] });
    assert.match(gate.policyExemptions?.["hardening-runtime-socket"] ?? "", /gate/);
    assert.equal(autoscaler.hostSockets, undefined);
    assert.equal(autoscaler.security.groups, undefined);
    assert.deepEqual(
      autoscaler.connects?.map(({ fullName }) => fullName),
      [refs.gate.fullName, "testbro-prometheus"],
    );
    assert.equal(refs.gate.segment, "engine");
    assert.equal(gate.connects, undefined, "nobody else's network is the gate's");
    for (const { ports } of [gate, autoscaler]) assert.ok(ports?.every(({ publish }) => publish === undefined));
  });

  it("keeps the gate to its own stack and the lease apart from other stacks'", async () => {
    make();
    const env = await envOf(platform.workload("engine-gate"));
    assert.equal(env["AUTOSCALER_PROJECT"], "testbro");
    assert.equal(env["AUTOSCALER_LEASE"], "testbro-autoscaler-lease");
  });

  it("delivers tokens and Slack's address as files, never in the environment", async () => {
    const { refs } = make({ slackWebhook: "https://hooks.slack.example/T0/secret" });
    const { secrets = {} } = platform.workload("autoscaler");
    assert.deepEqual(Object.keys(secrets).sort(), [
      "/run/secrets/autoscaler-token",
      "/run/secrets/gate-token",
      "/run/secrets/slack-webhook",
    ]);
    const texts = [await envOf(platform.workload("autoscaler")), await envOf(platform.workload("engine-gate"))];
    assert.doesNotMatch(JSON.stringify(texts), /slack\.example|generated/);
    for (const secret of platform.secrets) assert.equal(await pulumi.isSecret(pulumi.output(secret.data)), true, secret.name);
    assert.equal(refs.autoscaler.segment, "edge", "Slack is outside");
    assert.deepEqual(platform.workload("autoscaler").outside, [{ ports: [443] }]);
  });

  it("asks Prometheus for what the targets of a scale mean", async () => {
    make({ prometheus: { ref: prometheus, scrapeInterval: 10 }, checkInterval: 30, queries: { queue: "max(own)" } });
    const env = await envOf(platform.workload("autoscaler"));
    assert.equal(env["PROMETHEUS_URL"], "http://testbro-prometheus:9090/prometheus");
    assert.match(env["AUTOSCALER_REQUESTS_QUERY"] ?? "", /rate\(testbro_http_requests_total\{workload="\$service".*\[30s\]/);
    assert.match(env["AUTOSCALER_LATENCY_QUERY"] ?? "", /^histogram_quantile\(\$quantile,/);
    assert.deepEqual([env["AUTOSCALER_QUEUE_QUERY"], env["CHECK_INTERVAL"]], ["max(own)", "30"]);
    assert.equal(env["SCALE_UP_COOLDOWN"], undefined, "the auto-scaler's own default holds");
    make({});
  });

  it("remembers over a restart, and hands its lease over before the next one starts", () => {
    const { targets } = make({ scraper: prometheus });
    const { volumes, update, kind, scale } = platform.workload("autoscaler");
    assert.deepEqual(
      volumes?.map(({ path }) => path),
      ["/var/lib/testbro-autoscaler"],
    );
    assert.deepEqual([update?.order, kind, scale], ["stop-first", "stateful", { replicas: 1 }]);
    assert.deepEqual(
      targets.map(({ ref, path }) => [ref.fullName, path]),
      [["testbro-autoscaler", "/metrics"]],
    );
  });

  it("runs a gate on every node where there are several", () => {
    make({ everyNode: true });
    assert.equal(platform.workload("engine-gate").kind, "daemon");
  });

  it("makes sound workloads", () => {
    make();
    for (const name of ["engine-gate", "autoscaler"]) assert.deepEqual(validate(name, platform.workload(name)), []);
  });

  it("refuses wrong options, all of them at once, before anything is created", () => {
    const wrong = { engineGroup: -1, pathPrefix: "autoscaler/", checkInterval: 1, engineSocket: "docker.sock" };
    assert.throws(
      () => make(wrong),
      (error: Error) => {
        for (const part of [/engineGroup: -1.*stat -c %g/, /pathPrefix: "autoscaler\/"/, /checkInterval: 1/, /hostSockets.*docker\.sock/])
          assert.match(error.message, part);
        return error instanceof pulumi.ResourceError;
      },
    );
    assert.deepEqual([platform.runs, platform.secrets], [[], []]);
  });

  it("has alerts that name what is wrong", () => {
    const { rules } = autoscaling.autoscalerRules();
    assert.deepEqual(
      rules.map((rule) => ("alert" in rule ? rule.alert : "")),
      ["AutoscalerProblem", "AutoscalerStalled", "AutoscalerBlind", "ScalingHeld", "ScalingAtMaximum", "ScalingSignalMissing"],
    );
  });
});
