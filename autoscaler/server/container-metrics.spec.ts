import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { type ContainerUse } from "../signals/containers";
import { ContainerMetrics } from "./container-metrics";

const ONE: ContainerUse = { service: "api", container: "a", node: "n", healthy: false, cpuSeconds: 2.5, memory: 700, memoryLimit: 1000 };

describe("metrics of containers", () => {
  const lines = async (registry: Registry) => (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));

  it("carry service, container and node, and only what is known", async () => {
    const registry = new Registry();
    await new ContainerMetrics(registry, async () => [ONE]).refresh();
    assert.deepEqual(await lines(registry), [
      'container_cpu_usage_seconds_total{service="api",container="a",node="n"} 2.5',
      'container_memory_working_set_bytes{service="api",container="a",node="n"} 700',
      'container_spec_memory_limit_bytes{service="api",container="a",node="n"} 1000',
      'container_healthy{service="api",container="a",node="n"} 0',
      "autoscaler_containers_read 1",
    ]);
    assert.match(await registry.metrics(), /# TYPE container_cpu_usage_seconds_total counter/);
  });

  it("are those of now: no sum over scrapes, nothing of a container that is gone", async () => {
    const registry = new Registry();
    let uses = [ONE, { ...ONE, container: "b" }];
    const metrics = new ContainerMetrics(registry, async () => uses);
    await metrics.refresh();
    uses = [{ ...ONE, cpuSeconds: 3 }];
    await metrics.refresh();
    const text = (await lines(registry)).join("\n");
    assert.match(text, /container_cpu_usage_seconds_total\{[^}]*"a"[^}]*\} 3$/m);
    assert.doesNotMatch(text, /"b"/);
  });

  it("are none, and say so, when nobody answers", async () => {
    const registry = new Registry();
    let broken = false;
    const metrics = new ContainerMetrics(registry, async () => (broken ? Promise.reject(new Error("gone")) : [ONE]));
    await metrics.refresh();
    broken = true;
    await metrics.refresh();
    assert.deepEqual(await lines(registry), ["autoscaler_containers_read 0"]);
  });
});
