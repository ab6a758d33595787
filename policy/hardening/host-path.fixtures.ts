import type { Fixtures } from "../fixtures/fixtures";
import { hostPathRule } from "./host-path";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: hostPathRule,
  good: [docker.service, docker.container, kube.deployment],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.mounts[1]": { type: "bind", source: "/etc", target: "/host/etc" } }),
    edit(docker.container, { volumes: [{ hostPath: "/srv/data", containerPath: "/data" }] }),
    edit(kube.deployment, { "spec.template.spec.volumes[2]": { name: "host", hostPath: { path: "/var/log" } } }),
  ],
  unknown: [
    edit(docker.service, { "taskSpec.containerSpec.mounts[1]": { type: "bind", source: UNKNOWN, target: "/host" } }),
    unknownAt(docker.container, "volumes"),
    unknownAt(kube.deployment, "spec.template.spec.volumes"),
  ],
};
