import type { Fixtures } from "../fixtures/fixtures";
import { ephemeralStorageRule } from "./ephemeral-storage";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: ephemeralStorageRule,
  good: [kube.deployment, kube.cronJob],
  bad: [
    edit(kube.deployment, { 'spec.template.spec.containers[0].resources.limits["ephemeral-storage"]': REMOVE }),
    edit(kube.job, { 'spec.template.spec.containers[0].resources.requests["ephemeral-storage"]': REMOVE }),
  ],
  unknown: [unknownAt(kube.deployment, 'spec.template.spec.containers[0].resources.limits["ephemeral-storage"]')],
};
