import type { Fixtures } from "../fixtures/fixtures";
import { pullPolicyRule } from "./pull-policy";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: pullPolicyRule,
  good: [
    kube.deployment,
    edit(kube.deployment, {
      "spec.template.spec.containers[0].image": "backend:1",
      "spec.template.spec.containers[0].imagePullPolicy": "Always",
    }),
  ],
  bad: [
    edit(kube.deployment, { "spec.template.spec.containers[0].image": "backend:1" }),
    edit(kube.job, {
      "spec.template.spec.containers[0].image": "backend:latest",
      "spec.template.spec.containers[0].imagePullPolicy": "Never",
    }),
  ],
  unknown: [
    unknownAt(kube.deployment, "spec.template.spec.containers[0].image"),
    edit(kube.deployment, { "spec.template.spec.containers[0].image": "a:1", "spec.template.spec.containers[0].imagePullPolicy": UNKNOWN }),
  ],
};
