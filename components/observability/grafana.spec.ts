import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { valueOf } from "../platform/testing/mocks";
import { withTiers } from "./tier.fixture";

describe("ObservabilityTier: Grafana", () => {
  const tiers = withTiers();
  const { tier, fileOf, config } = tiers;

  it("is not there unless its image is given", () => {
    tier();
    assert.ok(!tiers.platform.runs.some(({ ref }) => ref.name === "grafana"));
  });

  it("gets its data source, its dashboards and where it is reached, keeps nothing, and lets whoever the balancer lets in look", async () => {
    tier({ grafana: { image: "grafana" }, externalUrl: "https://example.org:8443/prometheus" });
    const workload = tiers.platform.workload("grafana");
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
    for (const name of tiers.observability.DASHBOARD_NAMES) {
      const { uid } = JSON.parse(await valueOf(workload.files![`/etc/grafana/dashboards/${name}.json`]!.content)) as { uid: string };
      assert.equal(uid, `testbro-${name}`);
    }
    assert.equal(await valueOf(workload.env!["GF_SERVER_ROOT_URL"]!), "https://example.org:8443/grafana");
    assert.equal(workload.env!["GF_AUTH_BASIC_ENABLED"], "false");
    assert.deepEqual([workload.volumes, workload.connects?.map(({ name }) => name)], [undefined, ["prometheus"]]);
    const secret = workload.secrets!["/run/secrets/grafana-admin-password"];
    assert.equal(await pulumi.isSecret(pulumi.output(tiers.platform.secrets.find((each) => each === secret)!.data)), true);
    assert.ok(
      (await config()).scrape_configs.some(
        ({ job_name: job, metrics_path: path }) => job === "testbro-grafana" && path === "/grafana/metrics",
      ),
    );
  });
});
