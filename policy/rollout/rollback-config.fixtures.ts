import type { Fixtures } from "../fixtures/fixtures";
import { rollbackConfigRule } from "./rollback-config";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: rollbackConfigRule,
  good: [docker.service, docker.balancer],
  bad: [
    edit(docker.service, { rollbackConfig: REMOVE }),
    edit(docker.service, { "rollbackConfig.parallelism": 0 }),
    edit(docker.service, { "rollbackConfig.order": "stop-first" }),
  ],
  unknown: [unknownAt(docker.service, "rollbackConfig"), unknownAt(docker.service, "updateConfig.order")],
};
