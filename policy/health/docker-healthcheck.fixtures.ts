import type { Fixtures } from "../fixtures/fixtures";
import { dockerHealthcheckRule } from "./docker-healthcheck";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: dockerHealthcheckRule,
  good: [docker.service, docker.container, edit(docker.container, { mustRun: false, healthcheck: REMOVE })],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.healthcheck": REMOVE }),
    edit(docker.service, { "taskSpec.containerSpec.healthcheck.tests": ["NONE"] }),
    edit(docker.container, { healthcheck: REMOVE }),
  ],
  unknown: [unknownAt(docker.service, "taskSpec.containerSpec.healthcheck"), unknownAt(docker.container, "healthcheck.tests")],
};
