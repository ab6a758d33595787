import type { Fixtures } from "../fixtures/fixtures";
import { memoryLimitRule } from "./memory-limit";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: memoryLimitRule,
  good: [docker.service, docker.container, kube.deployment, kube.cronJob],
  bad: [
    edit(docker.service, { "taskSpec.resources.limits.memoryBytes": REMOVE }),
    edit(docker.container, { memory: 0 }),
    edit(kube.deployment, { "spec.template.spec.containers[0].resources.limits.memory": REMOVE }),
    edit(kube.job, { "spec.template.spec.containers[0].resources": REMOVE }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.resources"),
    unknownAt(docker.container, "memory"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].resources.limits"),
  ],
};
