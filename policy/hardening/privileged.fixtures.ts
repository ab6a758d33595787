import type { Fixtures } from "../fixtures/fixtures";
import { privilegedRule } from "./privileged";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: privilegedRule,
  good: [docker.container, kube.deployment],
  bad: [
    edit(docker.container, { privileged: true }),
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.privileged": true }),
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.procMount": "Unmasked" }),
  ],
  unknown: [
    unknownAt(docker.container, "privileged"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].securityContext.privileged"),
  ],
};
