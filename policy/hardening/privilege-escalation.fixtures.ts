import type { Fixtures } from "../fixtures/fixtures";
import { privilegeEscalationRule } from "./privilege-escalation";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: privilegeEscalationRule,
  good: [docker.container, kube.deployment],
  bad: [
    edit(docker.container, { securityOpts: REMOVE }),
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation": REMOVE }),
  ],
  unknown: [
    unknownAt(docker.container, "securityOpts[0]"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation"),
  ],
};
