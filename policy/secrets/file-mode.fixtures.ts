import type { Fixtures } from "../fixtures/fixtures";
import { fileModeRule } from "./file-mode";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: fileModeRule,
  good: [docker.service, kube.deployment],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.secrets[0].fileMode": REMOVE }),
    edit(docker.service, { "taskSpec.containerSpec.secrets[0].fileMode": 0o444 }),
    edit(kube.deployment, { "spec.template.spec.volumes[1].secret.defaultMode": REMOVE }),
    edit(kube.deployment, { "spec.template.spec.volumes[2]": { name: "all", projected: { sources: [{ secret: { name: "x" } }] } } }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.containerSpec.secrets[0].fileMode"),
    unknownAt(kube.deployment, "spec.template.spec.volumes[1].secret"),
  ],
};
