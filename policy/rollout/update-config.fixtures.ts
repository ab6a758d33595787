import type { Fixtures } from "../fixtures/fixtures";
import { updateConfigRule } from "./update-config";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: updateConfigRule,
  good: [docker.service, docker.balancer, docker.database],
  bad: [
    edit(docker.service, { "updateConfig.delay": "10m" }),
    edit(docker.balancer, { "updateConfig.parallelism": 5 }),
    edit(docker.service, { updateConfig: REMOVE }),
    edit(docker.service, { "updateConfig.failureAction": "pause" }),
    edit(docker.service, { "updateConfig.parallelism": 0 }),
    edit(docker.service, { "updateConfig.parallelism": 3 }),
    edit(docker.service, { "updateConfig.maxFailureRatio": "0.5" }),
  ],
  unknown: [unknownAt(docker.service, "updateConfig"), unknownAt(docker.service, "updateConfig.failureAction")],
};
