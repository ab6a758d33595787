import type { Fixtures } from "../fixtures/fixtures";
import { memoryRequestRule } from "./memory-request";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: memoryRequestRule,
  good: [docker.service, docker.container, kube.deployment],
  bad: [
    edit(docker.service, { "taskSpec.resources.reservation": REMOVE }),
    edit(docker.container, { memoryReservation: REMOVE }),
    edit(kube.statefulSet, { "spec.template.spec.containers[0].resources.requests.memory": REMOVE }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.resources.reservation.memoryBytes"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].resources.requests.memory"),
  ],
};
