import type { Fixtures } from "../fixtures/fixtures";
import { namespaceQuotaRule } from "./namespace-quota";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: namespaceQuotaRule,
  good: [[kube.namespace, kube.quota]],
  bad: [
    kube.namespace,
    [kube.namespace, edit(kube.quota, { "metadata.namespace": "elsewhere" })],
    [kube.namespace, edit(kube.quota, { "spec.hard": {} })],
  ],
  unknown: [
    [kube.namespace, unknownAt(kube.quota, "metadata.namespace")],
    [kube.namespace, unknownAt(kube.quota, "spec.hard")],
  ],
};
