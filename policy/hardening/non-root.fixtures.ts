import type { Fixtures } from "../fixtures/fixtures";
import { nonRootRule } from "./non-root";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: nonRootRule,
  good: [
    docker.service,
    docker.container,
    kube.deployment,
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.runAsNonRoot": REMOVE }),
  ],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.user": REMOVE }),
    edit(docker.service, { "taskSpec.containerSpec.user": "0:0" }),
    edit(docker.container, { user: "root" }),
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.runAsUser": 0 }),
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.runAsNonRoot": false }),
    edit(kube.job, { "spec.template.spec.securityContext": REMOVE, "spec.template.spec.containers[0].securityContext": REMOVE }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.containerSpec.user"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].securityContext"),
  ],
};
