import type { Fixtures } from "../fixtures/fixtures";
import { openDatabaseRule } from "./open-database";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: openDatabaseRule,
  good: [docker.database, docker.container, kube.statefulSet],
  bad: [
    edit(docker.database, { "taskSpec.containerSpec.env.POSTGRES_HOST_AUTH_METHOD": "trust" }),
    edit(docker.container, { "envs[1]": "ALLOW_EMPTY_PASSWORD=yes" }),
    edit(kube.statefulSet, { "spec.template.spec.containers[0].env[1]": { name: "MYSQL_ALLOW_EMPTY_PASSWORD", value: "true" } }),
  ],
  unknown: [unknownAt(docker.database, "taskSpec.containerSpec.env.POSTGRES_HOST_AUTH_METHOD")],
};
