import type { Fixtures } from "../fixtures/fixtures";
import { pidsLimitRule } from "./pids-limit";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: pidsLimitRule,
  good: [docker.container],
  bad: [
    edit(docker.container, { ulimits: REMOVE }),
    edit(docker.container, { "ulimits[0].hard": 100000 }),
    edit(docker.container, { "ulimits[0].name": "nofile" }),
  ],
  unknown: [unknownAt(docker.container, "ulimits"), unknownAt(docker.container, "ulimits[0].hard")],
};
