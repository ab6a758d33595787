import assert from "node:assert/strict";
import { valueOf } from "../platform/testing/mocks";
import { withTiers } from "./tier.fixture";

describe("ObservabilityTier: exporters", () => {
  const tiers = withTiers();
  const { tier, fileOf, config } = tiers;

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
      tiers.platform.runs.map(({ ref }) => ref.name),
      ["prometheus", "prometheus"],
    );
  });

  it("watch every node without anything of the node", () => {
    tier({ exporters });
    const workload = tiers.platform.workload("node-exporter");
    assert.deepEqual(
      [workload.kind, workload.hostSockets, workload.volumes, workload.security],
      ["daemon", undefined, undefined, { user: { uid: 10091, gid: 10091 } }],
    );
    assert.equal(workload.metrics?.scraper?.name, "prometheus");
  });

  it("ask every balancer's replica with the public name, verifying its certificate", async () => {
    tier({ exporters: { ...exporters, probes: { ...exporters.probes, paths: ["/", "/api/health"], urls: ["https://example.com/"] } } });
    const workload = tiers.platform.workload("blackbox");
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
    const { env, files } = tiers.platform.workload("blackbox");
    assert.deepEqual([env, Object.keys(files ?? {})], [undefined, ["/etc/blackbox/config.yml"]]);
  });
});
