import type { Fixtures } from "../fixtures/fixtures";
import { serviceAccountRule } from "./service-account";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: serviceAccountRule,
  good: [kube.deployment],
  bad: [
    edit(kube.deployment, { "spec.template.spec.serviceAccountName": REMOVE }),
    edit(kube.cronJob, { "spec.jobTemplate.spec.template.spec.serviceAccountName": "default" }),
  ],
  unknown: [unknownAt(kube.deployment, "spec.template.spec.serviceAccountName")],
};
