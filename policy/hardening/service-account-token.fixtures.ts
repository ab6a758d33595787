import type { Fixtures } from "../fixtures/fixtures";
import { serviceAccountTokenRule } from "./service-account-token";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

const bare = edit(kube.deployment, { "spec.template.spec.automountServiceAccountToken": REMOVE });
const account = kube.kubernetes("v1", "ServiceAccount", "backend", { automountServiceAccountToken: false });
const binding = kube.kubernetes("rbac.authorization.k8s.io/v1", "RoleBinding", "backend", {
  roleRef: { kind: "Role", name: "backend" },
  subjects: [{ kind: "ServiceAccount", name: "backend", namespace: "shop" }],
});

export const fixtures: Fixtures = {
  rule: serviceAccountTokenRule,
  good: [kube.deployment, [bare, account], [bare, binding]],
  bad: [bare, edit(kube.job, { "spec.template.spec.automountServiceAccountToken": true })],
  unknown: [unknownAt(kube.deployment, "spec.template.spec.automountServiceAccountToken"), [bare, unknownAt(binding, "subjects")]],
};
