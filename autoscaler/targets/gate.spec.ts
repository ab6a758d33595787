import assert from "node:assert/strict";
import { assertOnlyReplicas, isManaged, withReplicas } from "./gate";
import { ScaleRefused } from "./target";

const spec = {
  Name: "api",
  Labels: { "autoscaler.enable": "true" },
  Mode: { Replicated: { Replicas: 2 } },
  TaskTemplate: { ContainerSpec: { Image: "api:1", Env: ["A=1"], Mounts: [{ Source: "data", Target: "/data" }] } },
};

describe("the gate", () => {
  it("changes the count and nothing else", () => {
    assert.deepEqual(withReplicas(spec, 5, new Set()), { ...spec, Mode: { Replicated: { Replicas: 5 } } });
    assert.equal(spec.Mode.Replicated.Replicas, 2);
  });

  it("refuses a change of image, environment, mounts or labels", () => {
    const container = spec.TaskTemplate.ContainerSpec;
    const changes = [{ Image: "api:2" }, { Env: ["A=2"] }, { Mounts: [{ Source: "/", Target: "/host" }] }, { User: "root" }];
    for (const change of changes)
      assert.throws(
        () => assertOnlyReplicas(spec, { ...spec, TaskTemplate: { ContainerSpec: { ...container, ...change } } } as never),
        ScaleRefused,
      );
    assert.throws(() => assertOnlyReplicas(spec, { ...spec, Labels: {} }), ScaleRefused);
    assertOnlyReplicas(spec, { ...spec, Mode: { Replicated: { Replicas: 9 } } });
  });

  it("refuses services nobody asked to scale, global ones and counts that are none", () => {
    assert.throws(() => withReplicas({ ...spec, Labels: {} }, 5, new Set(["other"])), /no label autoscaler.enable/);
    assert.throws(() => withReplicas({ ...spec, Labels: { "autoscaler.enable": "false" } }, 5, new Set(["api"])), ScaleRefused);
    assert.throws(() => withReplicas({ ...spec, Mode: {} }, 5, new Set()), /replicated mode/);
    for (const count of [-1, 1.5, NaN, Infinity]) assert.throws(() => withReplicas(spec, count, new Set()), ScaleRefused);
    assert.equal(isManaged({}, "api", new Set(["api"])), true);
  });
});
