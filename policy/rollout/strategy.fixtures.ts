import type { Fixtures } from "../fixtures/fixtures";
import { strategyRule } from "./strategy";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: strategyRule,
  good: [kube.deployment, kube.statefulSet],
  bad: [
    edit(kube.deployment, { "spec.strategy": { type: "Recreate" } }),
    edit(kube.deployment, { "spec.strategy.rollingUpdate.maxUnavailable": "100%" }),
    edit(kube.deployment, { "spec.strategy.rollingUpdate.maxUnavailable": 2 }),
    edit(kube.deployment, { "spec.strategy.rollingUpdate.maxSurge": 0 }),
    edit(kube.statefulSet, { "spec.updateStrategy.type": "OnDelete" }),
  ],
  unknown: [unknownAt(kube.deployment, "spec.strategy"), unknownAt(kube.deployment, "spec.strategy.rollingUpdate.maxUnavailable")],
};
