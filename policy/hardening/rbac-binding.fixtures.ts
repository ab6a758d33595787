import type { Fixtures } from "../fixtures/fixtures";
import { rbacBindingRule } from "./rbac-binding";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

const binding = kube.kubernetes("rbac.authorization.k8s.io/v1", "RoleBinding", "backend", {
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "backend" },
  subjects: [{ kind: "ServiceAccount", name: "backend", namespace: "shop" }],
});

export const fixtures: Fixtures = {
  rule: rbacBindingRule,
  good: [binding],
  bad: [
    edit(binding, { "roleRef.name": "cluster-admin" }),
    edit(binding, { "subjects[0].name": "default" }),
    edit(binding, { subjects: [{ kind: "Group", name: "system:authenticated" }] }),
  ],
  unknown: [unknownAt(binding, "roleRef.name"), unknownAt(binding, "subjects")],
};
