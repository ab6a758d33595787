import type { Fixtures } from "../fixtures/fixtures";
import { monitorRule } from "./monitor";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: monitorRule,
  good: [docker.service, docker.balancer],
  bad: [
    edit(docker.service, { "updateConfig.monitor": "10s" }),
    edit(docker.service, { "rollbackConfig.monitor": REMOVE }),
    edit(docker.service, { "taskSpec.containerSpec.healthcheck.interval": "30s" }),
  ],
  unknown: [unknownAt(docker.service, "updateConfig.monitor"), unknownAt(docker.service, "taskSpec.containerSpec.healthcheck.interval")],
};
