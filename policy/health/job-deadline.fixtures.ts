import type { Fixtures } from "../fixtures/fixtures";
import { jobDeadlineRule } from "./job-deadline";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: jobDeadlineRule,
  good: [kube.job, kube.cronJob],
  bad: [
    edit(kube.job, { "spec.activeDeadlineSeconds": REMOVE }),
    edit(kube.job, { "spec.backoffLimit": 50 }),
    edit(kube.cronJob, { "spec.jobTemplate.spec.backoffLimit": REMOVE }),
  ],
  unknown: [unknownAt(kube.job, "spec.activeDeadlineSeconds"), unknownAt(kube.cronJob, "spec.jobTemplate")],
};
