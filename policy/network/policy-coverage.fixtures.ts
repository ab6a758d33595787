import type { Fixtures } from "../fixtures/fixtures";
import { policyCoverageRule } from "./policy-coverage";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: policyCoverageRule,
  good: [
    [kube.deployment, kube.networkPolicy],
    [kube.deployment, kube.job, kube.defaultDeny],
    edit(kube.deployment, { "spec.template.spec.hostNetwork": true }),
  ],
  bad: [
    kube.deployment,
    [kube.deployment, edit(kube.networkPolicy, { "spec.podSelector.matchLabels.app": "other" })],
    [kube.deployment, edit(kube.networkPolicy, { "spec.policyTypes": ["Ingress"] })],
    [kube.deployment, edit(kube.defaultDeny, { "metadata.namespace": "other" })],
  ],
  unknown: [
    [kube.deployment, unknownAt(kube.networkPolicy, "spec.podSelector")],
    [unknownAt(kube.deployment, "spec.template.metadata.labels"), kube.networkPolicy],
  ],
};
