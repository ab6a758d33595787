import type { Fixtures } from "../fixtures/fixtures";
import { runtimeSocketRule } from "./runtime-socket";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: runtimeSocketRule,
  good: [
    docker.service,
    docker.container,
    kube.deployment,
    edit(docker.container, { volumes: [{ hostPath: "/srv/data", containerPath: "/data" }] }),
  ],
  bad: [
    edit(docker.service, {
      "taskSpec.containerSpec.mounts[1]": { type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock", readOnly: true },
    }),
    edit(docker.container, { volumes: [{ hostPath: "/var/run", containerPath: "/host/run" }] }),
    edit(kube.deployment, { "spec.template.spec.volumes[2]": { name: "host", hostPath: { path: "/run/containerd/containerd.sock" } } }),
  ],
  unknown: [
    edit(docker.container, { mounts: [{ type: "bind", source: UNKNOWN, target: "/s" }] }),
    unknownAt(kube.deployment, "spec.template.spec.volumes"),
  ],
};
