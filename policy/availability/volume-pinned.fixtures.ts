import type { Fixtures } from "../fixtures/fixtures";
import { volumePinnedRule } from "./volume-pinned";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: volumePinnedRule,
  good: [docker.database, docker.backup, docker.service],
  bad: [
    edit(docker.database, { "taskSpec.placement": REMOVE }),
    edit(docker.database, { "mode.replicated.replicas": 2 }),
    edit(docker.database, { "taskSpec.placement.constraints": ["node.role==worker"] }),
  ],
  unknown: [unknownAt(docker.database, "taskSpec.placement.constraints[0]"), unknownAt(docker.database, "taskSpec.containerSpec.mounts")],
};
