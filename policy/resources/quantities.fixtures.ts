import type { Fixtures } from "../fixtures/fixtures";
import { quantitiesRule } from "./quantities";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: quantitiesRule,
  good: [kube.deployment, kube.job],
  bad: [
    edit(kube.deployment, { "spec.template.spec.containers[0].resources.limits.memory": "512m" }),
    edit(kube.deployment, { "spec.template.spec.containers[0].resources.limits.cpu": "1000" }),
    edit(kube.deployment, { "spec.template.spec.containers[0].resources.requests.memory": "half" }),
  ],
  unknown: [unknownAt(kube.deployment, "spec.template.spec.containers[0].resources.limits.memory")],
};
