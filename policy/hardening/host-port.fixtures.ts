import type { Fixtures } from "../fixtures/fixtures";
import { hostPortRule } from "./host-port";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: hostPortRule,
  good: [kube.deployment],
  bad: [edit(kube.deployment, { "spec.template.spec.containers[0].ports[0].hostPort": 80 })],
  unknown: [unknownAt(kube.deployment, "spec.template.spec.containers[0].ports[0].hostPort")],
};
