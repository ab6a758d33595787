import assert from "node:assert/strict";
import { summary } from "../load";
import { eventually } from "../swarm/commands";
import { CONTROL_PLANE, FEWEST, NAMESPACE, type Context } from "./context";
import { startLoad } from "./traffic";

/** Requests per second, and how many a replica should get: for more replicas than there may be, yet little work for a machine that runs all of it. */
const LOAD = { rate: 24, target: 4 };

/** As many backends as the small cluster may have. */
const MOST = 5;

/** The API of external metrics, as registered and as asked. */
const API = "v1beta1.external.metrics.k8s.io";
const METRIC = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${NAMESPACE}/requests_per_second?labelSelector=workload%3Dtestbro-backend`;

interface Autoscaler {
  status: { desiredReplicas: number; currentMetrics?: { type: string; external?: { current: { averageValue?: string } } }[] };
}
interface ApiService {
  spec: { insecureSkipTLSVerify?: boolean; caBundle?: string };
  status: { conditions: { type: string; status: string; message: string }[] };
}

/** The HorizontalPodAutoscaler, by what Prometheus counts: prometheus-adapter between them. */
export function scalingByRequests(context: Context): void {
  const count = async () => (await context.kubectl.get<{ spec: { replicas: number } }>("deployment", "testbro-backend")).spec.replicas;
  const requests = async () => {
    const { items } = JSON.parse(await context.kubectl.must("get", "--raw", METRIC)) as { items: { value: string }[] };
    return items[0]?.value ?? assert.fail("Prometheus knows no requests of the backend");
  };

  describe("scales the backend by its requests per second", () => {
    before("the adapter runs, and CPU and memory have no say", async () => {
      await context.up({
        images: { "metrics-adapter": context.adapterImage },
        kubernetes: { apiServer: { cidrs: [`${CONTROL_PLANE}/32`] } },
        backend: { scale: { cpu: 1000, memory: 1000, requestsPerSecond: LOAD.target } },
      });
    });

    it("which the API server asks of the adapter, whose certificate it verifies, and which may look into nothing", async () => {
      const { kubectl } = context;
      const { spec, status } = await kubectl.get<ApiService>("apiservice", API);
      assert.ok(!spec.insecureSkipTLSVerify && spec.caBundle);
      // A workload that nobody has asked anything yet has no rate, which is not the same as none.
      await eventually(90, async () => {
        await context.app.request("/api/whoami");
        await requests();
      });
      assert.deepEqual(
        status.conditions.filter(({ type }) => type === "Available").map((condition) => condition.status),
        ["True"],
      );
      const account = `--as=system:serviceaccount:${NAMESPACE}:testbro-metrics-adapter`;
      for (const resource of ["pods", "secrets", "configmaps"]) {
        const { stdout } = await kubectl.attempt("auth", "can-i", "list", resource, account);
        assert.equal(stdout.trim(), "no", resource);
      }
    });

    it("up under load, and back after it; no request fails", async () => {
      await eventually(240, async () => assert.equal(await count(), FEWEST));
      const load = startLoad(context, {
        rate: LOAD.rate,
        timeout: 20_000,
        mode: "keep-alive",
        get: ["/api/whoami"],
      });
      let started = Date.now();
      const seconds = () => Math.round((Date.now() - started) / 1000);
      try {
        await eventually(150, async () => assert.ok((await count()) > FEWEST, `still ${FEWEST} replicas`));
        console.log(`      ${await count()} replicas after ${seconds()} s`);
        await eventually(150, async () => assert.equal(await count(), MOST));
        const { status } = await context.kubectl.get<Autoscaler>("horizontalpodautoscaler", "testbro-backend");
        const external = status.currentMetrics?.find(({ type }) => type === "External")?.external?.current.averageValue;
        console.log(`      ${MOST} replicas after ${seconds()} s, at ${external} of ${await requests()} requests per second each`);
        assert.ok(external, "it does not look at requests");
      } finally {
        const report = await load.stop();
        assert.deepEqual(report.failures, [], summary(report));
      }
      started = Date.now();
      await eventually(240, async () => assert.equal(await count(), FEWEST));
      console.log(`      back to ${FEWEST} replicas ${seconds()} s after the load`);
    });
  });
}
