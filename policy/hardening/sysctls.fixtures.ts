import type { Fixtures } from "../fixtures/fixtures";
import { sysctlsRule } from "./sysctls";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: sysctlsRule,
  good: [
    docker.container,
    docker.service,
    kube.deployment,
    edit(docker.service, { "taskSpec.containerSpec.sysctl": { "net.core.somaxconn": "4096" } }),
  ],
  bad: [
    edit(docker.container, { sysctls: { "kernel.core_pattern": "|/bin/sh" } }),
    edit(docker.service, { "taskSpec.containerSpec.sysctl": { "net.ipv4.ip_forward": "1" } }),
    edit(kube.deployment, { "spec.template.spec.securityContext.sysctls": [{ name: "kernel.msgmax", value: "1" }] }),
  ],
  unknown: [
    unknownAt(docker.container, "sysctls"),
    edit(kube.deployment, { "spec.template.spec.securityContext.sysctls": [{ name: UNKNOWN }] }),
  ],
};
