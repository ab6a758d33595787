import type { Fixtures } from "../fixtures/fixtures";
import { dockerCommandRule } from "./docker-command";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: dockerCommandRule,
  good: [
    docker.service,
    docker.container,
    edit(docker.container, { "healthcheck.tests": ["CMD-SHELL", "curl -fsS http://127.0.0.1:3000/ || exit 1"] }),
  ],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.healthcheck.tests": ["CMD", "true"] }),
    edit(docker.service, { "taskSpec.containerSpec.healthcheck.tests": ["CMD-SHELL", "wget -q http://127.0.0.1:3001/health || true"] }),
    edit(docker.container, { "healthcheck.tests": ["CMD", "curl", "http://127.0.0.1:3000/"] }),
    edit(docker.container, { "healthcheck.tests": ["node", "healthcheck.js"] }),
  ],
  unknown: [unknownAt(docker.service, "taskSpec.containerSpec.healthcheck.tests[1]"), unknownAt(docker.container, "healthcheck.tests")],
};
