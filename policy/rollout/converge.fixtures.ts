import type { Fixtures } from "../fixtures/fixtures";
import { convergeRule } from "./converge";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: convergeRule,
  good: [docker.service, docker.balancer, docker.database],
  bad: [edit(docker.service, { convergeConfig: REMOVE }), edit(docker.service, { "convergeConfig.timeout": "60s" })],
  unknown: [unknownAt(docker.service, "convergeConfig"), unknownAt(docker.service, "mode.replicated.replicas")],
};
