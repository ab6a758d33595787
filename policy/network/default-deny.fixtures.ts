import type { Fixtures } from "../fixtures/fixtures";
import { defaultDenyRule } from "./default-deny";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: defaultDenyRule,
  good: [[kube.deployment, kube.job, kube.defaultDeny]],
  bad: [kube.deployment, [kube.deployment, kube.networkPolicy], [kube.deployment, edit(kube.defaultDeny, { "spec.ingress": [{}] })]],
  unknown: [[kube.deployment, unknownAt(kube.defaultDeny, "spec.podSelector")], unknownAt(kube.deployment, "metadata.namespace")],
};
