import type { Fixtures } from "../fixtures/fixtures";
import { rbacWildcardRule } from "./rbac-wildcard";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

const cluster = { ...kube.role, type: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole" };

export const fixtures: Fixtures = {
  rule: rbacWildcardRule,
  good: [kube.role, cluster, edit(kube.role, { "rules[0].resources": ["secrets"] })],
  bad: [
    edit(kube.role, { "rules[0].verbs": ["*"] }),
    edit(kube.role, { "rules[0].resources": ["*"] }),
    edit(kube.role, { "rules[0].resources": ["secrets"], "rules[0].resourceNames": REMOVE }),
    edit(kube.role, { "rules[0].resources": ["pods/exec"] }),
    edit(kube.role, { "rules[0].verbs": ["impersonate"] }),
    edit(cluster, { "rules[0].resources": ["pods"], "rules[0].verbs": ["create"] }),
  ],
  unknown: [unknownAt(kube.role, "rules[0].verbs"), unknownAt(cluster, "rules")],
};
