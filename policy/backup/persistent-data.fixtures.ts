import type { Fixtures } from "../fixtures/fixtures";
import { persistentDataRule } from "./persistent-data";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const container = edit(docker.container, {
  image: "postgres:17",
  volumes: [{ volumeName: "database-data", containerPath: "/var/lib/postgresql/data" }],
});

export const fixtures: Fixtures = {
  rule: persistentDataRule,
  good: [docker.database, docker.service, container, kube.statefulSet],
  bad: [
    edit(docker.database, { "taskSpec.containerSpec.mounts[0]": REMOVE }),
    edit(docker.database, { "taskSpec.containerSpec.mounts[0].source": REMOVE }),
    edit(container, { volumes: [{ containerPath: "/var/lib/postgresql/data" }] }),
    edit(kube.statefulSet, { "spec.volumeClaimTemplates": REMOVE }),
  ],
  unknown: [unknownAt(docker.database, "taskSpec.containerSpec.mounts"), unknownAt(kube.statefulSet, "spec.volumeClaimTemplates")],
};
