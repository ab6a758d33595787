import type { Fixtures } from "../fixtures/fixtures";
import { backupScheduleRule } from "./schedule";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const scheduled = kube.kubernetes("postgresql.cnpg.io/v1", "ScheduledBackup", "main", {
  spec: { schedule: "0 0 2 * * *", cluster: { name: "main" } },
});

export const fixtures: Fixtures = {
  rule: backupScheduleRule,
  good: [kube.cronJob, scheduled, docker.backup, docker.service, edit(kube.cronJob, { "spec.schedule": "0 */6 * * *" })],
  bad: [
    edit(kube.cronJob, { "spec.schedule": "0 2 * * 0" }),
    edit(kube.cronJob, { "spec.schedule": "@monthly" }),
    edit(kube.cronJob, { "spec.schedule": "never" }),
    edit(scheduled, { "spec.suspend": true }),
    edit(docker.backup, { "taskSpec.containerSpec.env.BACKUP_SCHEDULE": "0 2 1 * *" }),
  ],
  unknown: [unknownAt(kube.cronJob, "spec.schedule"), unknownAt(docker.backup, "taskSpec.containerSpec.env.BACKUP_SCHEDULE")],
};
