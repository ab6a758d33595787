import type { Fixtures } from "../fixtures/fixtures";
import { historyRule } from "./history";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: historyRule,
  good: [kube.deployment, kube.statefulSet],
  bad: [edit(kube.deployment, { "spec.revisionHistoryLimit": 0 }), edit(kube.deployment, { "spec.minReadySeconds": 300 })],
  unknown: [unknownAt(kube.deployment, "spec.revisionHistoryLimit"), unknownAt(kube.deployment, "spec.minReadySeconds")],
};
