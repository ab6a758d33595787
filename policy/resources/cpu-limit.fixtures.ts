import type { Fixtures } from "../fixtures/fixtures";
import { cpuLimitRule } from "./cpu-limit";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: cpuLimitRule,
  good: [docker.service, docker.container, kube.deployment, edit(docker.container, { cpus: REMOVE, cpuQuota: 50000, cpuPeriod: 100000 })],
  bad: [
    edit(docker.service, { "taskSpec.resources.limits.nanoCpus": REMOVE }),
    edit(docker.container, { cpus: REMOVE }),
    edit(kube.deployment, { "spec.template.spec.containers[0].resources.limits.cpu": REMOVE }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.resources.limits.nanoCpus"),
    unknownAt(docker.container, "cpus"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].resources"),
  ],
};
