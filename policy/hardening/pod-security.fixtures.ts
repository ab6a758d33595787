import type { Fixtures } from "../fixtures/fixtures";
import { podSecurityRule } from "./pod-security";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: podSecurityRule,
  good: [kube.namespace],
  bad: [
    edit(kube.namespace, { "metadata.labels": REMOVE }),
    edit(kube.namespace, { 'metadata.labels["pod-security.kubernetes.io/enforce"]': "privileged" }),
  ],
  unknown: [
    unknownAt(kube.namespace, "metadata.labels"),
    unknownAt(kube.namespace, 'metadata.labels["pod-security.kubernetes.io/enforce"]'),
  ],
};
