import type { Fixtures } from "../fixtures/fixtures";
import { readOnlyRootRule } from "./read-only-root";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: readOnlyRootRule,
  good: [docker.service, docker.container, kube.deployment],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.readOnly": REMOVE }),
    edit(docker.container, { readOnly: false }),
    edit(kube.deployment, { "spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem": REMOVE }),
  ],
  unknown: [
    unknownAt(docker.container, "readOnly"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem"),
  ],
};
