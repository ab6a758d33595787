import type { Fixtures } from "../fixtures/fixtures";
import { limitRatioRule } from "./limit-ratio";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: limitRatioRule,
  good: [docker.service, docker.container, kube.deployment],
  bad: [
    edit(docker.service, { "taskSpec.resources.limits.memoryBytes": 4_294_967_296 }),
    edit(docker.service, { "taskSpec.resources.limits.nanoCpus": 1_000_000 }),
    edit(kube.deployment, { "spec.template.spec.containers[0].resources.limits.cpu": "8" }),
    edit(docker.container, { memoryReservation: 16 }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.resources.limits"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].resources.requests"),
  ],
};
