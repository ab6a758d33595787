import assert from "node:assert/strict";
import type { Workload } from "../../../workload";
import { examples } from "../examples.fixture";
import { assertSnapshot, withKubernetes } from "../snapshots.fixture";
import type { EntranceSettings } from "./settings";

const ENTRANCES: Record<string, EntranceSettings> = {
  ingress: {
    kind: "Ingress",
    className: "nginx",
    hosts: ["app.example.org", "www.example.org"],
    certificate: { issuer: { name: "letsencrypt" } },
    annotations: { "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS" },
  },
  gateway: {
    kind: "Gateway",
    className: "cloud",
    hosts: ["app.example.org"],
    certificate: { secretName: "app-tls" },
    authority: "-----BEGIN CERTIFICATE-----\n",
  },
};

describe("KubernetesEntrance", function () {
  this.timeout(20_000);
  const made = withKubernetes();

  /** Runs a workload that publishes a port behind an entrance. */
  async function run(entrance: EntranceSettings, ports: Workload["ports"] = [{ name: "https", container: 8443, publish: { port: 443 } }]) {
    made.recorded = [];
    const platform = new made.kubernetes.KubernetesPlatform("testbro", {
      publish: { entrance },
      apiServer: { cidrs: ["10.96.0.1/32"] },
      autoscaling: { requestsPerSecond: { type: "Pods", name: "requests_per_second" }, queue: { type: "External", name: "jobs_waiting" } },
    });
    const { workload } = examples(platform)["web"] ?? assert.fail();
    const ref = platform.declare("edge", { segment: "edge" });
    const live = { tcp: { port: ports?.[0]?.name ?? "" }, interval: 2, timeout: 5, retries: 3 };
    const { metrics, ...rest } = workload;
    assert.ok(metrics, "the example has no metrics to leave out");
    platform.run(ref, { ...rest, ports: ports ?? [], health: { live } });
    await made.pulumi.runtime.disconnect();
    return made.recorded.filter(({ name }) => name.startsWith("testbro-edge-entrance") || name === "testbro-edge-public");
  }

  for (const [name, entrance] of Object.entries(ENTRANCES)) {
    it(`renders the ${name} as its snapshot`, async () => {
      assertSnapshot(`entrance-${name}`, await run(entrance));
    });
  }

  it("makes nothing for a workload that publishes nothing", async () => {
    const ports = [{ name: "https", container: 8443 }];
    assert.deepEqual(await run(ENTRANCES["gateway"] ?? assert.fail(), ports), []);
  });

  it("refuses a workload that publishes other ports only, by name and with the fix", () => {
    assert.throws(() => {
      const platform = new made.kubernetes.KubernetesPlatform("testbro", { publish: { entrance: ENTRANCES["ingress"] ?? assert.fail() } });
      const { ref, workload } = examples(platform)["store"] ?? assert.fail();
      platform.run(ref, { ...workload, ports: [{ name: "sql", container: 5432, publish: { port: 5432 } }] });
    }, /store\.ports: publishes sql, but the platform's entrance leads to a port named https.* Fix: /);
  });

  it("refuses settings, all problems at once, each with its fix", () => {
    const bad: EntranceSettings = {
      kind: "Gateway",
      className: "No Class",
      hosts: ["192.0.2.1", "a b"],
      certificate: { issuer: { name: "" } },
    };
    assert.throws(
      () => new made.kubernetes.KubernetesPlatform("testbro", { publish: { entrance: bad } }),
      (error: Error) =>
        [
          /className: "No Class"/,
          /hosts: "192\.0\.2\.1" is an address/,
          /hosts: "a b" is not/,
          /certificate\.issuer\.name: ""/,
          /authority/,
        ].every((pattern) => pattern.test(error.message)) && error.message.split("Fix: ").length === 6,
    );
    assert.throws(
      () =>
        new made.kubernetes.KubernetesPlatform("testbro", {
          publish: { entrance: { kind: "Ingress", className: "nginx", hosts: [], certificate: { secretName: "A" } } },
        }),
      /hosts: is empty[^]*certificate\.secretName: "A"/,
    );
  });
});
