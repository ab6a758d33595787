import assert from "node:assert/strict";
import type { Ref } from "@testbro/components/workload";
import { pageOf } from "./balancer";

describe("pages of a stack", () => {
  it("lie below their path, are guarded, and do without counting failures: their only replica would be left out", () => {
    const to: Ref = {
      name: "prometheus",
      fullName: "testbro-prometheus",
      host: "testbro-prometheus",
      ports: { http: 9090 },
      segment: "edge",
    };
    assert.deepEqual(pageOf("prometheus", "/prometheus", to, { access: { allowFrom: "host" }, rateLimits: [] }), {
      name: "prometheus",
      path: "/prometheus/",
      to,
      access: { allowFrom: "host" },
      rateLimits: [],
      maxFails: 0,
    });
  });
});
