import type { Fixtures } from "../fixtures/fixtures";
import { postgresTlsRule } from "./postgres";
import { edit, REMOVE, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const DATABASE_URL = "taskSpec.containerSpec.env.DATABASE_URL";
const hba = edit(kube.configMap, { data: { "pg_hba.conf": "local all all peer\nhostssl all all 0.0.0.0/0 scram-sha-256\n" } });

export const fixtures: Fixtures = {
  rule: postgresTlsRule,
  good: [docker.service, docker.database, docker.backup, docker.container, kube.deployment, hba],
  bad: [
    edit(docker.database, { "taskSpec.containerSpec.args": REMOVE }),
    edit(docker.backup, { "taskSpec.containerSpec.env.PGSSLMODE": REMOVE }),
    edit(docker.service, { [DATABASE_URL]: "postgres://app@database/app" }),
    edit(docker.service, { [DATABASE_URL]: "postgresql://app@database/app?sslmode=prefer" }),
    edit(docker.database, { "taskSpec.containerSpec.args[1]": "ssl=off" }),
    edit(docker.container, { "envs[1]": "PGSSLMODE=disable" }),
    edit(kube.deployment, { "spec.template.spec.containers[0].env[1].value": "postgres://app@database/app?sslmode=disable" }),
    edit(hba, { 'data["pg_hba.conf"]': "host all all 0.0.0.0/0 scram-sha-256\n" }),
    edit(hba, { 'data["postgresql.conf"]': "ssl = off\n" }),
  ],
  unknown: [
    unknownAt(docker.service, DATABASE_URL),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].env[1].value"),
    unknownAt(docker.database, "taskSpec.containerSpec.args[1]"),
  ],
};
