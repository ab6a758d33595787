import type { Fixtures } from "../fixtures/fixtures";
import { seccompRule } from "./seccomp";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: seccompRule,
  good: [docker.container, docker.service, kube.deployment],
  bad: [
    edit(docker.container, { "securityOpts[1]": "seccomp=unconfined" }),
    edit(docker.service, { "taskSpec.containerSpec.privileges": { seLinuxContext: { disable: true } } }),
    edit(kube.deployment, { "spec.template.spec.securityContext.seccompProfile": REMOVE }),
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.seccompProfile": { type: "Unconfined" } }),
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.appArmorProfile": { type: "Unconfined" } }),
  ],
  unknown: [unknownAt(docker.container, "securityOpts[0]"), unknownAt(kube.deployment, "spec.template.spec.securityContext")],
};
