import type { Fixtures } from "../fixtures/fixtures";
import { workloadDrainRule } from "./workload-drain";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";

const workload = {
  type: "testbro:swarm:Workload",
  name: "backend",
  props: { workload: { kind: "service", ports: [{ name: "http", container: 3001 }], stop: { drain: 10, grace: 40 } } },
};

export const fixtures: Fixtures = {
  rule: workloadDrainRule,
  good: [
    workload,
    edit(workload, { "workload.kind": "stateful", "workload.stop": REMOVE }),
    edit(workload, { "workload.stop.grace": REMOVE }),
    { ...workload, props: {} },
  ],
  bad: [edit(workload, { "workload.stop": REMOVE }), edit(workload, { "workload.stop.grace": 10 })],
  unknown: [unknownAt(workload, "workload.stop"), unknownAt(workload, "workload")],
};
