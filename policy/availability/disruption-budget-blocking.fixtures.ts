import type { Fixtures } from "../fixtures/fixtures";
import { disruptionBudgetBlockingRule } from "./disruption-budget-blocking";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: disruptionBudgetBlockingRule,
  good: [
    [kube.disruptionBudget, kube.deployment],
    [edit(kube.disruptionBudget, { "spec.maxUnavailable": REMOVE, "spec.minAvailable": 2 }), kube.deployment],
  ],
  bad: [
    [edit(kube.disruptionBudget, { "spec.maxUnavailable": 3 }), kube.deployment],
    edit(kube.disruptionBudget, { "spec.maxUnavailable": 0 }),
    edit(kube.disruptionBudget, { "spec.maxUnavailable": "0%" }),
    edit(kube.disruptionBudget, { "spec.maxUnavailable": REMOVE, "spec.minAvailable": "100%" }),
    [edit(kube.disruptionBudget, { "spec.maxUnavailable": REMOVE, "spec.minAvailable": 3 }), kube.deployment],
    edit(kube.disruptionBudget, { "spec.maxUnavailable": REMOVE }),
    edit(kube.disruptionBudget, { "spec.selector": {} }),
  ],
  unknown: [
    unknownAt(kube.disruptionBudget, "spec.maxUnavailable"),
    [edit(kube.disruptionBudget, { "spec.maxUnavailable": REMOVE, "spec.minAvailable": 2 }), unknownAt(kube.deployment, "spec.replicas")],
  ],
};
