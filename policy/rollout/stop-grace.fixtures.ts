import type { Fixtures } from "../fixtures/fixtures";
import { stopGraceRule } from "./stop-grace";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: stopGraceRule,
  good: [docker.service, docker.container, kube.deployment, kube.statefulSet],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.stopGracePeriod": "24h" }),
    edit(docker.service, { "taskSpec.containerSpec.stopGracePeriod": REMOVE }),
    edit(docker.service, { "taskSpec.containerSpec.env.DRAIN_SECONDS": "60" }),
    edit(docker.container, { stopTimeout: 5 }),
    edit(kube.deployment, { "spec.template.spec.containers[0].lifecycle.preStop.sleep.seconds": 60 }),
    edit(kube.deployment, { "spec.template.spec.terminationGracePeriodSeconds": 5 }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.containerSpec.stopGracePeriod"),
    unknownAt(kube.deployment, "spec.template.spec.terminationGracePeriodSeconds"),
  ],
};
