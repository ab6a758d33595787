import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { recordResources } from "../platform/testing/mocks";
import { RecordingPlatform } from "../platform/testing/recording";
import type { MetricsTarget } from "../workload";
import type { ObservabilityOptions } from "./options";

let observability: typeof import("./index.js");
let platform: RecordingPlatform;
let count = 0;

function target(name: string, changes: Partial<MetricsTarget> = {}): MetricsTarget {
  const ref = { name, fullName: `testbro-${name}`, host: `testbro-${name}`, ports: { metrics: 9464 }, segment: "edge" };
  return { tier: "app", ref, port: "metrics", minimum: 1, ...changes };
}

const tier = (options: Partial<ObservabilityOptions> = {}) =>
  new observability.ObservabilityTier(`refused-${(count += 1)}`, {
    platform,
    image: "prometheus@sha256:1",
    targets: [target("backend")],
    ...options,
  });

describe("ObservabilityTier's checks", () => {
  before(async () => {
    await recordResources();
    observability = await import("./index.js");
  });

  beforeEach(() => {
    platform = new RecordingPlatform(`refusing-platform-${(count += 1)}`);
  });

  const refused: [string, Partial<ObservabilityOptions>, RegExp][] = [
    ["a prefix without a slash", { pathPrefix: "prometheus" }, /\.pathPrefix: "prometheus" is not a path prefix/],
    ["a prefix that ends in one", { pathPrefix: "/a/" }, /\.pathPrefix: "\/a\/"/],
    ["an interval of zero", { scrapeInterval: 0 }, /\.scrapeInterval: 0/],
    ["an interval beyond staleness", { scrapeInterval: 600 }, /\.scrapeInterval: 600/],
    ["no retention", { retention: { days: 0 } }, /\.retention\.days: 0/],
    ["a malformed size", { retention: { size: "4GB" } }, /\.retention\.size: "4GB"/],
    ["no size", { retention: { size: 0 } }, /\.retention\.size: 0 is zero/],
    ["more kept than the volume holds", { retention: { size: "9Gi" } }, /\.retention\.size: 9Gi is more than 80% of the volume of 10Gi/],
    ["a malformed volume", { storage: "big" }, /\.storage: "big"/],
    ["an error ratio in percent", { thresholds: { errorRatio: 5 } }, /\.thresholds\.errorRatio: 5 is not between 0 and 1/],
    ["a latency of zero", { thresholds: { latencySeconds: 0 } }, /\.thresholds\.latencySeconds: 0 is not above 0/],
    ["a metric that is PromQL", { metricNames: { requests: "sum(x)" } }, /\.metricNames\.requests: "sum\(x\)"/],
    ["an address that is none", { externalUrl: "example.org" }, /\.externalUrl: is not an http or https address/],
    ["an address without the prefix", { externalUrl: "https://example.org/" }, /\.externalUrl: "https:\/\/example\.org\/" does not end in/],
    [
      "a port nobody declared",
      { targets: [target("x", { port: "http" })] },
      /\.targets\[0\]\.port: testbro-x has no port "http" \(it has: metrics\)/,
    ],
    ["a relative path", { targets: [target("x", { path: "metrics" })] }, /\.targets\[0\]\.path: "metrics"/],
    ["no tier", { targets: [target("x", { tier: "" })] }, /\.targets\[0\]\.tier: ""/],
    ["a tier that is a template", { targets: [target("x", { tier: "$1" })] }, /\.targets\[0\]\.tier: "\$1"/],
    ["a negative minimum", { targets: [target("x", { minimum: -1 })] }, /\.targets\[0\]\.minimum: -1/],
    ["a part that is a template", { targets: [target("x", { part: "$1" })] }, /\.targets\[0\]\.part: "\$1"/],
    [
      "the same part twice",
      { targets: [target("x"), target("x", { part: "y" }), target("x", { part: "y" })] },
      /\.targets\[2\]\.ref: testbro-x-y is there twice/,
    ],
    ["the same workload twice", { targets: [target("x"), target("x")] }, /\.targets\[1\]\.ref: testbro-x is there twice/],
    ["a group of a built-in name", { rules: [{ name: "traffic", rules: [] }] }, /\.rules\[0\]\.name: "traffic" is there already/],
    ["an empty expression", { rules: [{ name: "a", rules: [{ record: "a:b", expr: " " }] }] }, /\.rules\[0\]\.rules\[0\]\.expr: is empty/],
    [
      "an expression that breaks off",
      { rules: [{ name: "a", rules: [{ record: "a:b", expr: "sum(rate(x[5m])" }] }] },
      /\.expr: "sum\(rate\(x\[5m\]\)" is not PromQL: it ends too early/,
    ],
    [
      "an expression with a word that is no function",
      { rules: [{ name: "a", rules: [{ record: "a:b", expr: "rat(x[5m])" }] }] },
      /\.expr: "rat\(x\[5m\]\)" is not PromQL: wrong at "rat\(x/,
    ],
    ["a record that is no metric", { rules: [{ name: "a", rules: [{ record: "a b", expr: "1" }] }] }, /\.record: "a b"/],
    [
      "an alert that explains nothing",
      { rules: [{ name: "a", rules: [{ alert: "A B", expr: "1", forSeconds: -1, severity: "warning", summary: "", description: "" }] }] },
      /\.alert: "A B"[^]*\.forSeconds: -1[^]*\.summary: is empty[^]*\.description: is empty/,
    ],
    [
      "an objective that could not be missed, and one in percent",
      { objectives: { availability: 0.5, latency: 99 } },
      /objectives\.availability: 0\.5 is not from 0\.94[^]*objectives\.latency: 99/,
    ],
    ["an objective of no time", { objectives: { latencySeconds: 0 } }, /objectives\.latencySeconds: 0 is not above 0/],
    [
      "probes of nothing that is there",
      {
        exporters: {
          image: "e",
          probes: { through: target("nginx").ref, host: "a b", paths: ["x"], urls: ["ftp://x"] },
        },
      },
      /probes\.port: testbro-nginx has no port "https"[^]*\.host: "a b"[^]*\.paths\[0\]: "x"[^]*\.urls\[0\]: is not/,
    ],
    ["alerting that tells nobody", { alerting: { image: "a" } }, /\.alerting: names no receiver/],
    [
      "a webhook that is no address",
      { alerting: { image: "a", webhooks: [{ url: "hook" }] } },
      /\.alerting\.webhooks\[0\]\.url: is not an http/,
    ],
    ["a scheme it cannot speak", { alerting: { image: "a", webhooks: [{ url: "ftp://x" }] } }, /\.alerting\.webhooks\[0\]\.url/],
    [
      "a channel with a space",
      { alerting: { image: "a", slack: [{ url: "https://x", channel: "my alerts" }] } },
      /\.alerting\.slack\[0\]\.channel: "my alerts"/,
    ],
    [
      "a receiver nobody knows, one without a use, and a route to nobody",
      {
        alerting: {
          image: "a",
          webhooks: [{ name: "team", url: "http://x" }, { url: "http://y" }],
          routes: { critical: ["on-call"], warning: [] },
        },
      },
      /routes\.critical\[0\]: "on-call" is not a receiver\. Fix: write one of team, webhook-1[^]*routes\.warning: names nobody[^]*webhooks\[0\]: "team" is told of nothing/,
    ],
    [
      "two receivers of one name, and a name that is none",
      {
        alerting: {
          image: "a",
          webhooks: [
            { name: "a", url: "http://x" },
            { name: "a", url: "http://y" },
          ],
          slack: [{ name: "A b", url: "http://z", channel: "x" }],
        },
      },
      /slack\[0\]\.name: "A b"[^]*webhooks\[1\]\.name: "a" is another receiver's name/,
    ],
    [
      "mail that cannot be sent",
      { alerting: { image: "a", email: [{ to: ["ops"], from: "x", server: "smtp.example.org", user: "me" }] } },
      /email\[0\]\.to\[0\]: "ops"[^]*\.from: "x"[^]*\.server: "smtp\.example\.org"[^]*\.password: is missing/,
    ],
    ["mail to nobody", { alerting: { image: "a", email: [{ to: [], from: "a@b.c", server: "s:25" }] } }, /email\[0\]\.to: names nobody/],
    ["a wait of zero", { alerting: { image: "a", webhooks: [{ url: "http://x" }], groupWait: 0 } }, /\.alerting\.groupWait: 0/],
    ["no image", { image: "" }, /prometheus\.image: is missing/],
    ["no image of Alertmanager", { alerting: { image: "", webhooks: [{ url: "http://x" }] } }, /alertmanager\.image: is missing/],
  ];
  for (const [what, options, message] of refused) {
    it(`refuses ${what}, running nothing`, () => {
      assert.throws(
        () => tier(options),
        (error: Error) => pulumi.ResourceError.isInstance(error) && message.test(error.message),
      );
      assert.deepEqual([platform.runs, platform.secrets], [[], []]);
    });
  }

  it("reports all problems at once", () => {
    assert.throws(
      () => tier({ scrapeInterval: 0, storage: "x", alerting: { image: "a" }, targets: [target("x", { minimum: -1 })] }),
      (error: Error) => error.message.split("\n").length === 4,
    );
  });
});
