import type { Fixtures } from "../fixtures/fixtures";
import { mountPropagationRule } from "./mount-propagation";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: mountPropagationRule,
  good: [docker.service, docker.container, kube.deployment],
  bad: [
    edit(docker.service, {
      "taskSpec.containerSpec.mounts[1]": { type: "bind", source: "/srv", target: "/srv", bindOptions: { propagation: "rshared" } },
    }),
    edit(docker.container, { mounts: [{ type: "bind", source: "/srv", target: "/srv", bindOptions: { propagation: "shared" } }] }),
    edit(kube.deployment, {
      "spec.template.spec.volumes[2]": { name: "host", hostPath: { path: "/srv" } },
      "spec.template.spec.containers[0].volumeMounts[2]": { name: "host", mountPath: "/srv", mountPropagation: "Bidirectional" },
    }),
  ],
  unknown: [
    edit(docker.container, { mounts: [{ type: "bind", source: "/srv", target: "/srv", bindOptions: UNKNOWN }] }),
    unknownAt(docker.service, "taskSpec.containerSpec.mounts"),
  ],
};
