import type { Fixtures } from "../fixtures/fixtures";
import { cpuRequestRule } from "./cpu-request";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: cpuRequestRule,
  good: [docker.service, docker.container, kube.deployment],
  bad: [
    edit(docker.service, { "taskSpec.resources.reservation.nanoCpus": 0 }),
    edit(docker.container, { cpuShares: REMOVE }),
    edit(kube.deployment, { "spec.template.spec.containers[0].resources.requests": REMOVE }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.resources.reservation"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].resources.requests.cpu"),
  ],
};
