import type { Fixtures } from "../fixtures/fixtures";
import { dropCapabilitiesRule } from "./drop-capabilities";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: dropCapabilitiesRule,
  good: [docker.service, docker.container, kube.deployment],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.capDrops": REMOVE }),
    edit(docker.container, { "capabilities.drops": ["NET_RAW"] }),
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.capabilities": REMOVE }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.containerSpec.capDrops"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].securityContext.capabilities.drop[0]"),
  ],
};
