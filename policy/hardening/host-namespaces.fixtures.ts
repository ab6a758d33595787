import type { Fixtures } from "../fixtures/fixtures";
import { hostNamespacesRule } from "./host-namespaces";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: hostNamespacesRule,
  good: [docker.container, docker.service, kube.deployment],
  bad: [
    edit(docker.container, { networkMode: "host", networksAdvanced: REMOVE }),
    edit(docker.container, { pidMode: "host" }),
    edit(docker.service, { "taskSpec.networksAdvanceds": [{ name: "host" }] }),
    edit(kube.deployment, { "spec.template.spec.hostNetwork": true }),
    edit(kube.deployment, { "spec.template.spec.hostPID": true }),
    edit(kube.deployment, { "spec.template.spec.shareProcessNamespace": true }),
  ],
  unknown: [
    unknownAt(docker.container, "networkMode"),
    unknownAt(docker.service, "taskSpec.networksAdvanceds[0].id"),
    unknownAt(kube.deployment, "spec.template.spec.hostPID"),
  ],
};
