import assert from "node:assert/strict";
import fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { target, withTiers } from "./tier.fixture";

describe("ObservabilityTier", () => {
  const tiers = withTiers();
  const { tier, config, rules, argsOf } = tiers;

  it("declares Prometheus before it runs, so that others can name it as their scraper", () => {
    const refs = tiers.observability.ObservabilityTier.declare(tiers.platform);
    assert.deepEqual(
      [refs.prometheus.fullName, refs.prometheus.ports, refs.prometheus.segment],
      ["testbro-prometheus", { http: 9090 }, "monitoring"],
    );
    // Alertmanager has to reach its receivers, which only the edge can.
    assert.deepEqual(
      [refs.alertmanager.fullName, refs.alertmanager.ports, refs.alertmanager.segment],
      ["testbro-alertmanager", { http: 9093 }, "edge"],
    );
    const made = tier({ refs });
    assert.equal(made.prometheus.ref, refs.prometheus);
    assert.equal(tiers.platform.recorded("prometheus").opts?.parent, made);
  });

  it("runs one Prometheus on a volume, published nowhere, under its path prefix", async () => {
    tier({ externalUrl: pulumi.output("https://example.org/prometheus"), retention: { days: 3, size: "1Gi" } });
    const workload = tiers.platform.workload("prometheus");
    assert.deepEqual([workload.kind, workload.scale, workload.update?.order], ["stateful", { replicas: 1 }, "stop-first"]);
    assert.deepEqual(workload.ports, [{ name: "http", container: 9090 }]);
    assert.deepEqual(workload.volumes, [{ name: "data", path: "/var/lib/prometheus", size: "10Gi" }]);
    const args = await argsOf("prometheus");
    for (const expected of [
      "--web.external-url=https://example.org/prometheus",
      "--web.route-prefix=/prometheus",
      "--storage.tsdb.retention.time=3d",
      "--storage.tsdb.retention.size=1073741824B",
    ]) {
      assert.ok(args.includes(expected), `${expected} is not among ${args.join(" ")}`);
    }
    assert.equal(
      args.some((argument) => /enable-(lifecycle|admin-api)/.test(argument)),
      false,
    );
    assert.ok("http" in workload.health.live && workload.health.live.http.path === "/prometheus/-/healthy");
  });

  it("scrapes every replica of every target and itself, found by DNS, with its labels", async () => {
    const made = tier({ targets: [target("backend"), target("cache-exporter", { tier: "data", path: "/m" })], scrapeInterval: 7 });
    const { global, scrape_configs: scrapes, alerting } = await config();
    assert.deepEqual(global, { scrape_interval: "7s", scrape_timeout: "7s", evaluation_interval: "7s" });
    assert.equal(alerting, undefined);
    assert.deepEqual(scrapes[0], {
      job_name: "testbro-backend",
      dns_sd_configs: [{ names: ["testbro-backend"], type: "A", port: 9464, refresh_interval: "5s" }],
      relabel_configs: [
        { target_label: "tier", replacement: "app" },
        { target_label: "workload", replacement: "testbro-backend" },
        { source_labels: ["__address__"], regex: "(.+):\\d+", target_label: "replica", replacement: "$1" },
      ],
    });
    assert.deepEqual(
      scrapes.map(({ job_name: job, metrics_path: path }) => [job, path]),
      [
        ["testbro-backend", undefined],
        ["testbro-cache-exporter", "/m"],
        ["testbro-prometheus", "/prometheus/metrics"],
      ],
    );
    assert.deepEqual(
      tiers.platform.workload("prometheus").scrapes,
      made.targets.slice(0, 2).map(({ ref }) => ref),
    );
  });

  it("scrapes another page of a workload as a job of its own, whose replicas nobody counts twice", async () => {
    tier({ targets: [target("nginx"), target("nginx", { path: "/metrics/upstreams", part: "upstreams", minimum: 0 })] });
    const { scrape_configs: scrapes } = await config();
    assert.deepEqual(
      scrapes.slice(0, 2).map(({ job_name: job, metrics_path: path, relabel_configs: labels }) => [job, path, labels[1]?.replacement]),
      [
        ["testbro-nginx", undefined, "testbro-nginx"],
        ["testbro-nginx-upstreams", "/metrics/upstreams", "testbro-nginx-upstreams"],
      ],
    );
    assert.equal(tiers.platform.workload("prometheus").scrapes?.length, 1);
  });

  it("loads its rules: severity, summary and description in each alert, a minimum for each workload", async () => {
    tier({ targets: [target("backend", { minimum: 2 }), target("frontend", { minimum: 3 }), target("batch", { minimum: 0 })] });
    const { rule_files: files } = await config();
    assert.deepEqual(files, ["/etc/prometheus/rules/*.yml"]);
    const all = (await rules()).groups.flatMap((group) => group.rules);
    const alerts = all.filter(({ alert }) => alert !== undefined);
    for (const { alert, labels, annotations } of alerts) {
      assert.match((labels as { severity: string }).severity, /^(critical|warning)$/, alert);
      assert.deepEqual(Object.keys(annotations ?? {}), ["summary", "description", "runbook_url"], alert);
    }
    const minimums = alerts.filter(({ alert }) => alert === "ReplicasBelowMinimum").map(({ expr }) => expr);
    assert.deepEqual(minimums, [
      '(sum(up{workload="testbro-backend"}) or vector(0)) < 2',
      '(sum(up{workload="testbro-frontend"}) or vector(0)) < 3',
    ]);
  });

  it("takes thresholds, metric names and rules of the user", async () => {
    tier({
      thresholds: { errorRatio: 0.07, queueJobs: 7 },
      metricNames: { requests: "shop_requests_total", ready: "shop_ready" },
      rules: [
        {
          name: "shop",
          rules: [
            { record: "shop:orders:rate", expr: "rate(orders_total[5m])" },
            {
              alert: "NoOrders",
              expr: "shop:orders:rate == 0",
              forSeconds: 600,
              severity: "warning",
              summary: "No orders",
              description: "…",
            },
          ],
        },
      ],
    });
    const { groups } = await rules();
    const text = JSON.stringify(groups);
    assert.match(text, /> 0\.07 /);
    assert.match(text, /more than 7%/);
    assert.match(text, /shop_requests_total/);
    assert.doesNotMatch(text, /testbro_http_requests_total|testbro_ready/);
    assert.deepEqual(groups.at(-1), {
      name: "shop",
      rules: [
        { record: "shop:orders:rate", expr: "rate(orders_total[5m])" },
        {
          alert: "NoOrders",
          expr: "shop:orders:rate == 0",
          for: "600s",
          labels: { severity: "warning" },
          annotations: { summary: "No orders", description: "…" },
        },
      ],
    });
  });

  it("lets a rate look back over at least four scrapes", async () => {
    for (const [scrapeInterval, window] of [
      [5, "60s"],
      [30, "120s"],
    ] as const) {
      tiers.anew();
      tier({ scrapeInterval });
      const recording = (await rules()).groups
        .flatMap((group) => group.rules)
        .find(({ record }) => record === "workload:http_requests:rate");
      assert.ok(recording?.expr.includes(`[${window}]`), recording?.expr);
    }
  });

  it("takes any field of the workload", () => {
    tier({ resources: { limits: { memory: "4Gi" } }, placement: { labels: { type: "monitoring" } }, workload: { stop: { grace: 99 } } });
    const workload = tiers.platform.workload("prometheus");
    assert.deepEqual(
      [workload.resources.limits, workload.placement, workload.stop],
      [{ cpu: 1, memory: "4Gi" }, { labels: { type: "monitoring" } }, { grace: 99 }],
    );
  });

  it("renders a configuration that reads back, whatever the targets are called", () => {
    const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
    const targets = fc.uniqueArray(fc.record({ name, tier: name, port: fc.integer({ min: 1, max: 65535 }) }), {
      selector: (each) => each.name,
    });
    fc.assert(
      fc.property(targets, (given) => {
        const listed = given.map(({ name: each, tier: label, port }) => {
          const made = target(each, { tier: label });
          return { ...made, ref: { ...made.ref, ports: { metrics: port } } };
        });
        const rendered = tiers.observability.prometheusConfig(listed, tiers.observability.settingsOf({}));
        assert.deepEqual(parse(tiers.observability.toYaml(rendered)), rendered);
        assert.deepEqual(
          rendered.scrape_configs.map(({ dns_sd_configs: [dns] = [], relabel_configs: [label] }) => [
            dns?.names[0],
            dns?.port,
            label?.replacement,
          ]),
          given.map(({ name: each, port, tier: label }) => [`testbro-${each}`, port, label]),
        );
      }),
      { numRuns: 50 },
    );
  });
});
