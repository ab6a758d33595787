import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { valueOf } from "../platform/testing/mocks";
import type { AlertingOptions } from "./alerting-options";
import { withTiers } from "./tier.fixture";

describe("ObservabilityTier: alerting", () => {
  const tiers = withTiers();
  const { tier, fileOf, config, rules, argsOf } = tiers;

  const slack = "https://hooks.example.org/T0/secret";
  const alerting = { image: "alertmanager", slack: [{ url: slack, channel: "#alerts" }], webhooks: [{ url: "http://hook:8080/x" }] };

  it("runs no Alertmanager unless asked", () => {
    assert.equal(tier().alertmanager, undefined);
    assert.deepEqual(
      tiers.platform.runs.map(({ ref }) => ref.name),
      ["prometheus"],
    );
  });

  it("keeps what is secret of the receivers in files, out of the configuration", async () => {
    const email = { to: ["a@example.org", "b@example.org"], from: "alerts@example.org", server: "smtp.example.org:587" };
    tier({ alerting: { ...alerting, email: [{ ...email, user: "alerts", password: "hidden" }, email] } });
    const workload = tiers.platform.workload("alertmanager");
    const text = await valueOf(workload.files!["/etc/alertmanager/alertmanager.yml"]!.content);
    assert.doesNotMatch(text, /hooks\.example\.org|hook:8080|hidden/);
    const secrets = Object.fromEntries(
      Object.entries(workload.secrets ?? {}).map(([path, secret]) => [path, tiers.platform.secrets.find((each) => each === secret)!.data]),
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
      tiers.anew();
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
