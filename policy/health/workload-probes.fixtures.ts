import type { Fixtures } from "../fixtures/fixtures";
import { workloadProbesRule } from "./workload-probes";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";

const workload = {
  type: "testbro:swarm:Workload",
  name: "backend",
  props: {
    workload: {
      kind: "service",
      ports: [{ name: "http", container: 3001 }],
      health: { live: { http: { port: "http", path: "/live" } }, ready: { http: { port: "http", path: "/ready" } } },
    },
  },
};

export const fixtures: Fixtures = {
  rule: workloadProbesRule,
  good: [workload, { ...workload, props: {} }, edit(workload, { "workload.kind": "job", "workload.health.ready": REMOVE })],
  bad: [
    edit(workload, { "workload.health.ready": REMOVE }),
    edit(workload, { "workload.health.ready.http.path": "/live" }),
    edit(workload, { "workload.health.live": REMOVE }),
  ],
  unknown: [unknownAt(workload, "workload.health.ready"), unknownAt(workload, "workload.health.live.http.path")],
};
