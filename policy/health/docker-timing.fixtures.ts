import type { Fixtures } from "../fixtures/fixtures";
import { dockerTimingRule } from "./docker-timing";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: dockerTimingRule,
  good: [docker.service, docker.container],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.healthcheck.interval": REMOVE }),
    edit(docker.service, { "taskSpec.containerSpec.healthcheck.startPeriod": "0s" }),
    edit(docker.service, { "taskSpec.containerSpec.healthcheck.retries": 1 }),
    edit(docker.container, { "healthcheck.timeout": REMOVE }),
    edit(docker.container, { "healthcheck.interval": "5m" }),
  ],
  unknown: [unknownAt(docker.service, "taskSpec.containerSpec.healthcheck.interval"), unknownAt(docker.container, "healthcheck.retries")],
};
