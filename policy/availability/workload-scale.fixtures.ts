import type { Fixtures } from "../fixtures/fixtures";
import { workloadScaleRule } from "./workload-scale";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";

const workload = {
  type: "testbro:swarm:Workload",
  name: "backend",
  props: { workload: { kind: "service", scale: { min: 2, max: 10, cpu: 70 } } },
};

export const fixtures: Fixtures = {
  rule: workloadScaleRule,
  good: [workload, edit(workload, { "workload.scale": { replicas: 1 } }), { ...workload, props: {} }],
  bad: [
    edit(workload, { "workload.scale.min": 1 }),
    edit(workload, { "workload.scale.max": 2 }),
    edit(workload, { "workload.scale.cpu": REMOVE }),
    edit(workload, { "workload.kind": "stateful" }),
  ],
  unknown: [unknownAt(workload, "workload.scale.min"), unknownAt(workload, "workload.kind")],
};
