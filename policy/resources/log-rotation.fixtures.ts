import type { Fixtures } from "../fixtures/fixtures";
import { logRotationRule } from "./log-rotation";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: logRotationRule,
  good: [docker.service, docker.container, edit(docker.service, { "taskSpec.logDriver": { name: "local" } })],
  bad: [
    edit(docker.service, { "taskSpec.logDriver": REMOVE }),
    edit(docker.container, { 'logOpts["max-size"]': REMOVE }),
    edit(docker.container, { logDriver: "none" }),
  ],
  unknown: [unknownAt(docker.service, "taskSpec.logDriver"), unknownAt(docker.container, "logOpts")],
};
