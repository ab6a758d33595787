import type { Fixtures } from "../fixtures/fixtures";
import { autoscalerRangeRule } from "./autoscaler-range";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: autoscalerRangeRule,
  good: [kube.autoscaler],
  bad: [
    edit(kube.autoscaler, { "spec.minReplicas": 1 }),
    edit(kube.autoscaler, { "spec.maxReplicas": 3 }),
    edit(kube.autoscaler, { "spec.metrics": [] }),
    edit(kube.autoscaler, { "spec.metrics[0].resource.target.averageUtilization": 150 }),
  ],
  unknown: [unknownAt(kube.autoscaler, "spec.minReplicas"), unknownAt(kube.autoscaler, "spec.metrics")],
};
