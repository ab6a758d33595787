import type { Fixtures } from "../fixtures/fixtures";
import { startFirstRule } from "./start-first";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: startFirstRule,
  good: [docker.service, docker.balancer, docker.database],
  bad: [
    edit(docker.service, { "updateConfig.order": REMOVE }),
    edit(docker.database, { "updateConfig.order": "start-first" }),
    edit(docker.balancer, { "updateConfig.order": "start-first" }),
  ],
  unknown: [unknownAt(docker.service, "updateConfig.order"), unknownAt(docker.balancer, "endpointSpec")],
};
