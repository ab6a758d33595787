import type { Fixtures } from "../fixtures/fixtures";
import { sshPortRule } from "./ssh-port";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: sshPortRule,
  good: [docker.balancer, docker.container, kube.deployment],
  bad: [
    edit(docker.balancer, { "endpointSpec.ports[0].targetPort": 22 }),
    edit(docker.container, { ports: [{ internal: 22, external: 2022 }] }),
    edit(kube.deployment, { "spec.template.spec.containers[0].ports[1]": { containerPort: 2222 } }),
  ],
  unknown: [
    unknownAt(docker.balancer, "endpointSpec.ports[0].targetPort"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].ports"),
  ],
};
