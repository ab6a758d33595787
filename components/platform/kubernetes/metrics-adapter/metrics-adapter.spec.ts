import assert from "node:assert/strict";
import { metricsOf } from "../autoscaling";
import { assertSnapshot, withKubernetes } from "../snapshots.fixture";
import { adapterConfig } from "./objects";
import { adapterSettings, checkAdapter, REQUESTS_METRIC, type MetricsAdapterArgs } from "./settings";

const TLS = { certificate: "a certificate\n", key: "its key\n", authority: "the authority\n" };

describe("MetricsAdapter", function () {
  this.timeout(20_000);
  const made = withKubernetes();

  type Platform = InstanceType<typeof made.kubernetes.KubernetesPlatform>;
  const platformWith = (args: object = { apiServer: { cidrs: ["192.0.2.1/32"] } }): Platform =>
    new made.kubernetes.KubernetesPlatform("testbro", { namespace: "testbro-production", ...args });

  async function make(platform: Platform, change: Partial<MetricsAdapterArgs> = {}) {
    const prometheus = { ref: platform.declare("prometheus", { ports: { http: 9090 }, segment: "monitoring" }), pathPrefix: "/prometheus" };
    made.recorded = [];
    const adapter = new made.kubernetes.MetricsAdapter("metrics-adapter", {
      platform,
      image: "adapter:1",
      prometheus,
      tls: TLS,
      ...change,
    });
    await made.pulumi.runtime.disconnect();
    // The platform's own resources come in the same queue.
    made.recorded = made.recorded.filter(({ type, name }) => /adapter/.test(name) || type.endsWith(":APIService"));
    return adapter;
  }

  it("renders as its snapshot: rights of Kubernetes' own roles alone, TLS that is verified", async () => {
    await make(platformWith());
    assertSnapshot("metrics-adapter", made.recorded);
    const [api] = made.recorded.filter(({ type }) => type.endsWith(":APIService"));
    assert.equal(api?.inputs.spec.insecureSkipTLSVerify, undefined);
    assert.equal(Buffer.from(api?.inputs.spec.caBundle as string, "base64").toString(), TLS.authority);
    assert.deepEqual(
      made.recorded.filter(({ type }) => /:(Cluster)?Role$/.test(type)),
      [],
    );
  });

  it("has a certificate for the name that the API server asks", () => {
    assert.equal(made.kubernetes.MetricsAdapter.host(platformWith()), "testbro-metrics-adapter-api.testbro-production.svc");
  });

  it("makes nothing while the platform is suspended", async () => {
    const platform = platformWith({ apiServer: { cidrs: ["192.0.2.1/32"] }, suspended: true });
    const adapter = await make(platform);
    assert.equal(adapter.apiService, undefined);
    assert.deepEqual(
      made.recorded.filter(({ type }) => type.startsWith("kubernetes:")),
      [],
    );
  });

  it("refuses a platform that does not know where the API server is, and bad options, all at once with the fix", async () => {
    const metrics = { "Requests per second": "rate(x[1m])" };
    await assert.rejects(
      make(platformWith({}), { metrics, relist: 0 }),
      (error: Error) =>
        [
          /metrics-adapter\.access: the way to the API server.*Fix: /,
          /metrics\.Requests per second: "Requests per second" is not a name.*Fix: /,
          /"rate\(x\[1m\]\)" is not a series' name.*Fix: /,
          /relist: 0 is not a number of seconds.*Fix: /,
        ].every((pattern) => pattern.test(error.message)) || assert.fail(error.message),
    );
    assert.deepEqual(checkAdapter("adapter", adapterSettings({ metrics: {} }))[0]?.path, "adapter.metrics");
  });

  it("serves each series under its name", () => {
    const config = adapterConfig(adapterSettings({ metrics: { jobs: "queue:jobs_waiting:max" } }));
    assert.match(config, /seriesQuery: queue:jobs_waiting:max/);
    assert.match(config, /as: jobs/);
  });

  it("is what an autoscaler's target of requests per second asks, by the workload's own name", () => {
    const metrics = metricsOf(
      { min: 2, max: 5, requestsPerSecond: 12.5 },
      { scaleDownStabilization: 300, requestsPerSecond: REQUESTS_METRIC },
      "testbro-backend",
    );
    assert.deepEqual(metrics, [
      {
        type: "External",
        external: {
          metric: { name: "requests_per_second", selector: { matchLabels: { workload: "testbro-backend" } } },
          target: { type: "AverageValue", averageValue: "12500m" },
        },
      },
    ]);
  });
});
