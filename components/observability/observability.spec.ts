import assert from "node:assert/strict";
import fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { recordResources, valueOf } from "../platform/testing/mocks";
import { RecordingPlatform } from "../platform/testing/recording";
import type { MetricsTarget } from "../workload";
import type { PrometheusConfig } from "./config";
import type { AlertingOptions } from "./alerting-options";
import type { ObservabilityOptions } from "./options";

let observability: typeof import("./index.js");
let platform: RecordingPlatform;
let count = 0;

const unique = (name: string) => `${name}-${(count += 1)}`;

function target(name: string, changes: Partial<MetricsTarget> = {}): MetricsTarget {
  const ref = { name, fullName: `testbro-${name}`, host: `testbro-${name}`, ports: { metrics: 9464 }, segment: "edge" };
  return { tier: "app", ref, port: "metrics", minimum: 1, ...changes };
}

const tier = (options: Partial<ObservabilityOptions> = {}, name = unique("observability")) =>
  new observability.ObservabilityTier(name, { platform, image: "prometheus@sha256:1", targets: [target("backend")], ...options });

interface RuleFile {
  groups: {
    name: string;
    rules: { alert?: string; record?: string; expr: string; for?: string; labels?: object; annotations?: object }[];
  }[];
}
async function fileOf<T>(workload: string, path: string): Promise<T> {
  const file = platform.workload(workload).files?.[path];
  assert.ok(file, `${workload} has no ${path}`);
  return parse(await valueOf(file.content)) as T;
}
const config = () => fileOf<PrometheusConfig>("prometheus", "/etc/prometheus/prometheus.yml");
const rules = () => fileOf<RuleFile>("prometheus", "/etc/prometheus/rules/testbro.yml");
const argsOf = (workload: string) => Promise.all((platform.workload(workload).args ?? []).map((each) => valueOf(each)));

describe("ObservabilityTier", () => {
  before(async () => {
    await recordResources();
    observability = await import("./index.js");
  });

  beforeEach(() => {
    platform = new RecordingPlatform(unique("platform"));
  });

  it("declares Prometheus before it runs, so that others can name it as their scraper", () => {
    const refs = observability.ObservabilityTier.declare(platform);
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
    assert.equal(platform.recorded("prometheus").opts?.parent, made);
  });

  it("runs one Prometheus on a volume, published nowhere, under its path prefix", async () => {
    tier({ externalUrl: pulumi.output("https://example.org/prometheus"), retention: { days: 3, size: "1Gi" } });
    const workload = platform.workload("prometheus");
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
      platform.workload("prometheus").scrapes,
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
    assert.equal(platform.workload("prometheus").scrapes?.length, 1);
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
      platform = new RecordingPlatform(unique("platform"));
      tier({ scrapeInterval });
      const recording = (await rules()).groups
        .flatMap((group) => group.rules)
        .find(({ record }) => record === "workload:http_requests:rate");
      assert.ok(recording?.expr.includes(`[${window}]`), recording?.expr);
    }
  });

  it("takes any field of the workload", () => {
    tier({ resources: { limits: { memory: "4Gi" } }, placement: { labels: { type: "monitoring" } }, workload: { stop: { grace: 99 } } });
    const workload = platform.workload("prometheus");
    assert.deepEqual(
      [workload.resources.limits, workload.placement, workload.stop],
      [{ cpu: 1, memory: "4Gi" }, { labels: { type: "monitoring" } }, { grace: 99 }],
    );
  });

  describe("exporters", () => {
    const balancer = {
      name: "nginx",
      fullName: "testbro-nginx",
      host: "testbro-nginx",
      ports: { https: 8443, status: 8081 },
      segment: "edge",
    };
    const exporters = { image: "exporters", probes: { through: balancer, host: "example.org", ca: "PEM" } };

    it("are not there unless asked for, and nodes can be left out", () => {
      tier();
      tier({ exporters: { image: "exporters", nodes: false } });
      assert.deepEqual(
        platform.runs.map(({ ref }) => ref.name),
        ["prometheus", "prometheus"],
      );
    });

    it("watch every node without anything of the node", () => {
      tier({ exporters });
      const workload = platform.workload("node-exporter");
      assert.deepEqual(
        [workload.kind, workload.hostSockets, workload.volumes, workload.security],
        ["daemon", undefined, undefined, { user: { uid: 10091, gid: 10091 } }],
      );
      assert.equal(workload.metrics?.scraper?.name, "prometheus");
    });

    it("ask every balancer's replica with the public name, verifying its certificate", async () => {
      tier({ exporters: { ...exporters, probes: { ...exporters.probes, paths: ["/", "/api/health"], urls: ["https://example.com/"] } } });
      const workload = platform.workload("blackbox");
      assert.deepEqual(workload.connects, [{ ...balancer, ports: { https: 8443 } }]);
      // The own authority besides the public ones: a `ca_file` would take their place.
      assert.deepEqual(workload.env, { SSL_CERT_DIR: "/etc/blackbox/authorities" });
      assert.equal(await valueOf(workload.files!["/etc/blackbox/authorities/own.pem"]!.content), "PEM");
      const module = await fileOf<{ modules: { https: object } }>("blackbox", "/etc/blackbox/config.yml");
      assert.deepEqual(module.modules.https, {
        prober: "http",
        http: {
          fail_if_not_ssl: true,
          preferred_ip_protocol: "ip4",
          headers: { "User-Agent": "testbro-blackbox" },
        },
      });
      const { scrape_configs: scrapes } = await config();
      const probes = scrapes.filter(({ metrics_path: path }) => path === "/probe");
      assert.deepEqual(
        probes.map(({ params, scrape_interval: interval }) => [params, interval]),
        [
          [{ module: ["https"], hostname: ["example.org"] }, "15s"],
          [{ module: ["https"], hostname: ["example.org"] }, "15s"],
          [{ module: ["https"] }, "15s"],
        ],
      );
      assert.deepEqual(probes[1]?.relabel_configs.slice(0, 4), [
        { source_labels: ["__address__"], regex: "(.+)", target_label: "__param_target", replacement: "https://$1/api/health" },
        { source_labels: ["__address__"], regex: "(.+):\\d+", target_label: "replica", replacement: "$1" },
        { target_label: "instance", replacement: "https://example.org/api/health" },
        { target_label: "__address__", replacement: "testbro-blackbox:9115" },
      ]);
    });

    it("trust the public authorities alone where no other is named", () => {
      tier({ exporters: { image: "exporters", probes: { through: balancer, host: "example.org" } } });
      const { env, files } = platform.workload("blackbox");
      assert.deepEqual([env, Object.keys(files ?? {})], [undefined, ["/etc/blackbox/config.yml"]]);
    });
  });

  describe("Grafana", () => {
    it("is not there unless its image is given", () => {
      tier();
      assert.ok(!platform.runs.some(({ ref }) => ref.name === "grafana"));
    });

    it("gets its data source, its dashboards and where it is reached, keeps nothing, and lets whoever the balancer lets in look", async () => {
      tier({ grafana: { image: "grafana" }, externalUrl: "https://example.org:8443/prometheus" });
      const workload = platform.workload("grafana");
      const { datasources } = await fileOf<{ datasources: object[] }>("grafana", "/etc/grafana/provisioning/datasources/prometheus.yml");
      assert.deepEqual(datasources, [
        {
          name: "Prometheus",
          type: "prometheus",
          uid: "prometheus",
          access: "proxy",
          url: "http://testbro-prometheus:9090/prometheus",
          isDefault: true,
          editable: false,
          jsonData: { timeInterval: "5s" },
        },
      ]);
      for (const name of observability.DASHBOARD_NAMES) {
        const { uid } = JSON.parse(await valueOf(workload.files![`/etc/grafana/dashboards/${name}.json`]!.content)) as { uid: string };
        assert.equal(uid, `testbro-${name}`);
      }
      assert.equal(await valueOf(workload.env!["GF_SERVER_ROOT_URL"]!), "https://example.org:8443/grafana");
      assert.equal(workload.env!["GF_AUTH_BASIC_ENABLED"], "false");
      assert.deepEqual([workload.volumes, workload.connects?.map(({ name }) => name)], [undefined, ["prometheus"]]);
      const secret = workload.secrets!["/run/secrets/grafana-admin-password"];
      assert.equal(await pulumi.isSecret(pulumi.output(platform.secrets.find((each) => each === secret)!.data)), true);
      assert.ok(
        (await config()).scrape_configs.some(
          ({ job_name: job, metrics_path: path }) => job === "testbro-grafana" && path === "/grafana/metrics",
        ),
      );
    });
  });

  describe("alerting", () => {
    const slack = "https://hooks.example.org/T0/secret";
    const alerting = { image: "alertmanager", slack: [{ url: slack, channel: "#alerts" }], webhooks: [{ url: "http://hook:8080/x" }] };

    it("runs no Alertmanager unless asked", () => {
      assert.equal(tier().alertmanager, undefined);
      assert.deepEqual(
        platform.runs.map(({ ref }) => ref.name),
        ["prometheus"],
      );
    });

    it("keeps what is secret of the receivers in files, out of the configuration", async () => {
      const email = { to: ["a@example.org", "b@example.org"], from: "alerts@example.org", server: "smtp.example.org:587" };
      tier({ alerting: { ...alerting, email: [{ ...email, user: "alerts", password: "hidden" }, email] } });
      const workload = platform.workload("alertmanager");
      const text = await valueOf(workload.files!["/etc/alertmanager/alertmanager.yml"]!.content);
      assert.doesNotMatch(text, /hooks\.example\.org|hook:8080|hidden/);
      const secrets = Object.fromEntries(
        Object.entries(workload.secrets ?? {}).map(([path, secret]) => [path, platform.secrets.find((each) => each === secret)!.data]),
      );
      const values = Object.entries(secrets).map(async ([path, data]) => [path, await valueOf(data)] as const);
      assert.deepEqual(Object.fromEntries(await Promise.all(values)), {
        "/run/secrets/slack-url-0": slack,
        "/run/secrets/webhook-url-0": "http://hook:8080/x",
        "/run/secrets/email-password-0": "hidden",
      });
      for (const content of Object.values(secrets)) assert.equal(await pulumi.isSecret(pulumi.output(content)), true);
    });

    it("tells everybody of everything unless routes say otherwise", async () => {
      const email = [{ name: "team", to: ["team@example.org"], from: "alerts@example.org", server: "smtp.example.org:587" }];
      interface Config {
        route: { receiver: string; group_by: string[]; routes: object[] };
        receivers: { name: string; slack_configs?: object[]; webhook_configs?: object[]; email_configs?: object[] }[];
      }
      const told = async (routes?: AlertingOptions["routes"]) => {
        platform = new RecordingPlatform(unique("platform"));
        tier({ alerting: { ...alerting, email, ...(routes ? { routes } : {}) } });
        const { route, receivers } = await fileOf<Config>("alertmanager", "/etc/alertmanager/alertmanager.yml");
        assert.deepEqual(route.group_by, ["alertname", "workload"]);
        assert.deepEqual(route.routes, [
          { receiver: "critical", matchers: ['severity="critical"'] },
          { receiver: "warning", matchers: ['severity="warning"'] },
        ]);
        return receivers.map(({ name, ...kinds }) => [name, ...Object.keys(kinds)].join(" "));
      };
      const all = "slack_configs webhook_configs email_configs";
      assert.deepEqual(await told(), [`everyone ${all}`, `critical ${all}`, `warning ${all}`]);
      assert.deepEqual(await told({ critical: ["slack-0", "webhook-0"], warning: ["team"] }), [
        `everyone ${all}`,
        "critical slack_configs webhook_configs",
        "warning email_configs",
      ]);
    });

    it("wants STARTTLS of a mail server, but not where TLS is spoken from the first byte, nor where it is told not to", async () => {
      const mail = { to: ["a@example.org"], from: "alerts@example.org" };
      const servers = [
        { server: "smtp.example.org:587" },
        { server: "smtp.example.org:465" },
        { server: "smtp.example.org:465", requireTls: true },
        { server: "mail.internal:25", requireTls: false },
      ];
      tier({ alerting: { image: "alertmanager", email: servers.map((each) => ({ ...mail, ...each })) } });
      interface Config {
        receivers: { name: string; email_configs: { smarthost: string; require_tls: boolean }[] }[];
      }
      const { receivers } = await fileOf<Config>("alertmanager", "/etc/alertmanager/alertmanager.yml");
      assert.deepEqual(
        receivers[0]?.email_configs.map(({ smarthost, require_tls: startTls }) => [smarthost, startTls]),
        [
          ["smtp.example.org:587", true],
          ["smtp.example.org:465", false],
          ["smtp.example.org:465", false],
          ["mail.internal:25", false],
        ],
      );
    });

    it("has nothing in the way from a cause to who is told: only a consequence is held back", async () => {
      tier({ alerting });
      const known = new Set((await rules()).groups.flatMap((group) => group.rules.map(({ alert }) => alert)));
      const { inhibit_rules: inhibitions } = await fileOf<{ inhibit_rules: { source_matchers: string[]; target_matchers: string[] }[] }>(
        "alertmanager",
        "/etc/alertmanager/alertmanager.yml",
      );
      for (const {
        source_matchers: [source],
        target_matchers: [target],
      } of inhibitions) {
        for (const name of [source, ...(target ?? "").split("|")]) {
          const alert = (name ?? "").replace(/^alertname=~?"|"$/g, "");
          assert.ok(known.has(alert), `no alert is called ${alert}`);
        }
      }
    });

    it("is told by Prometheus, watched by it, and linked at the same host", async () => {
      tier({ alerting, externalUrl: "https://example.org:8443/prometheus" });
      const { alerting: told, scrape_configs: scrapes } = await config();
      assert.deepEqual(told, {
        alertmanagers: [{ path_prefix: "/alertmanager", static_configs: [{ targets: ["testbro-alertmanager:9093"] }] }],
      });
      assert.equal(scrapes.at(-1)?.job_name, "testbro-alertmanager");
      assert.equal(scrapes.at(-1)?.metrics_path, "/alertmanager/metrics");
      assert.ok((await argsOf("alertmanager")).includes("--web.external-url=https://example.org:8443/alertmanager"));
      assert.ok((await rules()).groups.some((group) => group.rules.some(({ alert }) => alert === "NotificationsFail")));
    });

    it("has an address with a scheme even when nobody named one", async () => {
      tier({ alerting });
      assert.ok((await argsOf("alertmanager")).includes("--web.external-url=http://testbro-alertmanager:9093/alertmanager"));
    });
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
        const rendered = observability.prometheusConfig(listed, observability.settingsOf({}));
        assert.deepEqual(parse(observability.toYaml(rendered)), rendered);
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
