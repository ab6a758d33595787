import type { Fixtures } from "../fixtures/fixtures";
import { restartPolicyRule } from "./restart-policy";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: restartPolicyRule,
  good: [docker.service, docker.container, edit(docker.container, { mustRun: false, restart: "no" })],
  bad: [
    edit(docker.service, { "taskSpec.restartPolicy": REMOVE }),
    edit(docker.service, { "taskSpec.restartPolicy.maxAttempts": 3 }),
    edit(docker.service, { "taskSpec.restartPolicy.delay": REMOVE }),
    edit(docker.container, { restart: REMOVE }),
  ],
  unknown: [unknownAt(docker.service, "taskSpec.restartPolicy.condition"), unknownAt(docker.container, "restart")],
};
