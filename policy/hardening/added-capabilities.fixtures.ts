import type { Fixtures } from "../fixtures/fixtures";
import { addedCapabilitiesRule } from "./added-capabilities";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: addedCapabilitiesRule,
  good: [
    docker.service,
    docker.container,
    kube.deployment,
    edit(docker.service, { "taskSpec.containerSpec.capAdds": ["CAP_NET_BIND_SERVICE"] }),
  ],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.capAdds": ["CAP_SYS_ADMIN"] }),
    edit(docker.container, { "capabilities.adds": ["NET_ADMIN"] }),
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.capabilities.add": ["SYS_PTRACE"] }),
  ],
  unknown: [
    edit(docker.service, { "taskSpec.containerSpec.capAdds": [UNKNOWN] }),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].securityContext.capabilities"),
  ],
};
