import type { Fixtures } from "../fixtures/fixtures";
import { databaseBackupRule } from "./database";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const unlabelled = edit(docker.database, { labels: REMOVE });
const cluster = kube.kubernetes("postgresql.cnpg.io/v1", "Cluster", "main", {
  spec: { instances: 3, backup: { barmanObjectStore: { destinationPath: "s3://backups" } } },
});
const scheduled = kube.kubernetes("postgresql.cnpg.io/v1", "ScheduledBackup", "main", {
  spec: { schedule: "0 0 2 * * *", cluster: { name: "main" } },
});

export const fixtures: Fixtures = {
  rule: databaseBackupRule,
  good: [
    [docker.database, docker.backup],
    [unlabelled, docker.backup],
    edit(docker.database, { "labels[0].value": "s3.example.com/wal-archive" }),
    [kube.statefulSet, kube.cronJob],
    [kube.statefulSet, edit(kube.cronJob, { "metadata.annotations": REMOVE })],
    [cluster, scheduled],
    docker.service,
  ],
  bad: [
    docker.database,
    unlabelled,
    kube.statefulSet,
    [kube.statefulSet, edit(kube.cronJob, { 'metadata.annotations["policy.testbro.ai/backs-up"]': "other" })],
    cluster,
    [edit(cluster, { "spec.backup": REMOVE }), scheduled],
  ],
  unknown: [
    unknownAt(docker.database, "taskSpec.containerSpec.image"),
    [unlabelled, unknownAt(docker.backup, "labels[0].value")],
    [cluster, unknownAt(scheduled, "spec.cluster.name")],
  ],
};
