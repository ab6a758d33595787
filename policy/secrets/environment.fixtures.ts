import type { Fixtures } from "../fixtures/fixtures";
import { environmentRule } from "./environment";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: environmentRule,
  good: [
    docker.service,
    docker.container,
    kube.deployment,
    edit(docker.service, { "taskSpec.containerSpec.env.COMMIT_SHA": "4f1c9a0b6d2e8f7350a1b2c3d4e5f60718293a4b" }),
  ],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.env.DATABASE_PASSWORD": "hunter2" }),
    edit(docker.container, { "envs[1]": "DATABASE_URL=postgres://app:hunter2@database/app?sslmode=verify-full" }),
    edit(docker.container, { "envs[1]": "UPSTREAM=xoxb-123456789012-abcdefghij" }),
    edit(kube.deployment, { "spec.template.spec.containers[0].env[0]": { name: "API_KEY", value: "correct" } }),
    edit(kube.deployment, { "spec.template.spec.containers[0].env[0]": { name: "SALTED", value: "q8Zt3LmN0pXv7RbY2cKdW5sF" } }),
  ],
  unknown: [
    edit(docker.service, { "taskSpec.containerSpec.env.DATABASE_PASSWORD": UNKNOWN }),
    unknownAt(docker.service, "taskSpec.containerSpec.env"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].env"),
  ],
};
