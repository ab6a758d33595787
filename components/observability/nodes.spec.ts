import assert from "node:assert/strict";
import type { Nodes } from "../platform";
import { recordResources } from "../platform/testing/mocks";
import { RecordingPlatform } from "../platform/testing/recording";
import type { Ref } from "../workload";
import { prometheusConfig } from "./config";
import { settingsOf } from "./options";

const KUBELET: Nodes["metrics"][number] = { name: "kubelet", port: 10250, scrape: { scheme: "https", metrics_path: "/metrics/resource" } };
const EXPORTER: Ref = {
  name: "node-exporter",
  fullName: "testbro-node-exporter",
  host: "node-exporter.node",
  ports: { metrics: 19100 },
  segment: "monitoring",
};

describe("a platform whose nodes may be looked into", function () {
  this.timeout(20_000);
  let observability: typeof import("./index.js");
  let count = 0;

  before(async () => {
    await recordResources();
    observability = await import("./index.js");
  });

  function tier(exporters: { nodes?: boolean } = {}) {
    count += 1;
    const platform = new RecordingPlatform(`platform-${count}`);
    const on = new RecordingPlatform(`nodes-${count}`);
    platform.nodes = { platform: on, port: 19100, metrics: [KUBELET] };
    const made = new observability.ObservabilityTier(`tier-${count}`, {
      platform,
      image: "prometheus",
      targets: [],
      exporters: { image: "exporters", ...exporters },
    });
    return { platform, on, made };
  }

  it("runs the node exporter there, at its node's address and on a port that is free", () => {
    const { platform, on } = tier();
    assert.deepEqual(
      platform.runs.map(({ ref }) => ref.name),
      ["prometheus"],
    );
    const workload = on.workload("node-exporter");
    assert.deepEqual([workload.observesNode, workload.ports, workload.priority], [true, [{ name: "metrics", container: 19100 }], "normal"]);
    const args = workload.args as string[];
    for (const expected of ["--web.listen-address=[$(NODE_ADDRESS)]:19100", "--path.rootfs=/host", "--collector.netdev"])
      assert.ok(args.includes(expected), expected);
  });

  it("lets Prometheus ask the nodes for both", () => {
    const { platform } = tier();
    const workload = platform.workload("prometheus");
    assert.deepEqual([workload.scrapesNodes, workload.scrapes], [[19100, 10250], []]);
  });

  it("asks nobody on a node where nodes are not watched", () => {
    const { platform, on } = tier({ nodes: false });
    assert.deepEqual([on.runs, platform.workload("prometheus").scrapesNodes], [[], undefined]);
  });

  it("finds the nodes' agents where the exporter is, with the labels of what they tell", () => {
    const { scrape_configs: scrapes } = prometheusConfig([], settingsOf({}), { nodes: { exporter: EXPORTER, metrics: [KUBELET] } });
    const address = { source_labels: ["__address__"], regex: "(.+):\\d+", replacement: "$1" };
    assert.deepEqual(scrapes, [
      {
        job_name: "kubelet",
        scrape_interval: "15s",
        scrape_timeout: "10s",
        scheme: "https",
        metrics_path: "/metrics/resource",
        dns_sd_configs: [{ names: ["node-exporter.node"], type: "A", port: 10250, refresh_interval: "5s" }],
        relabel_configs: [
          { target_label: "tier", replacement: "observability" },
          { target_label: "workload", replacement: "kubelet" },
          { ...address, target_label: "replica" },
          { ...address, target_label: "node" },
        ],
      },
    ]);
  });

  it("does not look over the nodes and links that come and go with containers", () => {
    const { on } = tier();
    const args = on.workload("node-exporter").args as string[];
    const excluded = (name: string) => new RegExp(args.find((each) => each.startsWith(`--collector.${name}=`))?.split("=")[1] ?? "^$");
    for (const link of ["lo", "veth12ab", "cali12ab", "cni0", "docker0"]) assert.match(link, excluded("netdev.device-exclude"));
    for (const link of ["eth0", "ens5", "enp1s0", "bond0", "wlan0"]) assert.doesNotMatch(link, excluded("netdev.device-exclude"));
    for (const path of ["/run/user/0", "/boot/efi", "/var/lib/kubelet/pods/1/volumes/x", "/var/lib/containerd/tmpmounts/x"])
      assert.match(path, excluded("filesystem.mount-points-exclude"));
    for (const path of ["/", "/var/lib/containerd", "/data", "/var/lib/kubelet"])
      assert.doesNotMatch(path, excluded("filesystem.mount-points-exclude"));
  });
});
