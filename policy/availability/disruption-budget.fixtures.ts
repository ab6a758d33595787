import type { Fixtures } from "../fixtures/fixtures";
import { disruptionBudgetRule } from "./disruption-budget";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: disruptionBudgetRule,
  good: [
    [kube.deployment, kube.disruptionBudget],
    edit(kube.deployment, { "spec.replicas": 1 }),
    [kube.scaledDeployment, kube.autoscaler, kube.disruptionBudget],
  ],
  bad: [
    kube.deployment,
    [kube.deployment, edit(kube.disruptionBudget, { "spec.selector.matchLabels.app": "other" })],
    [kube.deployment, edit(kube.disruptionBudget, { "metadata.namespace": "other" })],
    [kube.scaledDeployment, kube.autoscaler],
  ],
  unknown: [[kube.deployment, unknownAt(kube.disruptionBudget, "spec.selector")], unknownAt(kube.deployment, "spec.replicas")],
};
