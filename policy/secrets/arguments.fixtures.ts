import type { Fixtures } from "../fixtures/fixtures";
import { argumentsRule } from "./arguments";
import { edit } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: argumentsRule,
  good: [
    docker.service,
    docker.container,
    kube.deployment,
    edit(docker.container, { command: ["redis-server", "--requirepass-file", "/run/secrets/x"] }),
  ],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.args": ["--db-password", "hunter2"] }),
    edit(docker.container, { command: ["server", "--api-key=correct-horse"] }),
    edit(kube.deployment, { "spec.template.spec.containers[0].command": ["sh", "-c", "PGPASSWORD=hunter2 pg_dump"] }),
  ],
  unknown: [
    edit(docker.service, { "taskSpec.containerSpec.args": [UNKNOWN] }),
    edit(kube.deployment, { "spec.template.spec.containers[0].args": UNKNOWN }),
  ],
};
