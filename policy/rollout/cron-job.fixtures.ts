import type { Fixtures } from "../fixtures/fixtures";
import { cronJobRule } from "./cron-job";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: cronJobRule,
  good: [kube.cronJob],
  bad: [
    edit(kube.cronJob, { "spec.concurrencyPolicy": REMOVE }),
    edit(kube.cronJob, { "spec.startingDeadlineSeconds": 5 }),
    edit(kube.cronJob, { "spec.failedJobsHistoryLimit": 0 }),
    edit(kube.cronJob, { "spec.suspend": true }),
  ],
  unknown: [unknownAt(kube.cronJob, "spec.concurrencyPolicy"), unknownAt(kube.cronJob, "spec")],
};
