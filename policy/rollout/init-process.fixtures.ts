import type { Fixtures } from "../fixtures/fixtures";
import { initProcessRule } from "./init-process";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: initProcessRule,
  good: [docker.service, docker.container],
  bad: [edit(docker.service, { "taskSpec.containerSpec.init": REMOVE }), edit(docker.container, { init: false })],
  unknown: [unknownAt(docker.service, "taskSpec.containerSpec.init")],
};
