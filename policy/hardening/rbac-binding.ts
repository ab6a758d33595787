import { defineRule } from "../core/rule";

/** Groups everybody, or every workload, is in. */
const BROAD = new Set(["system:unauthenticated", "system:anonymous", "system:authenticated", "system:serviceaccounts"]);

export const rbacBindingRule = defineRule({
  id: "hardening-rbac-binding",
  group: "hardening",
  title: "No binding gives away the cluster: not cluster-admin, not to everybody, not to a default account.",
  severity: "critical",
  why: "One intruded pod is then the whole cluster.",
  fix: "Bind a role with the few permissions needed to the workload's own account.",
  example: `roleRef: { kind: "Role", name: "backend" }, subjects: [{ kind: "ServiceAccount", name: "backend" }]`,
  frameworks: ["CIS Kubernetes 5.1.1", "CIS Kubernetes 5.1.7", "NSA"],
  kinds: ["rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding"],
  check({ props, report, each, scope }) {
    scope(() => {
      const role = props.at("roleRef", "name");
      if (["cluster-admin", "admin", "system:masters"].includes(role.text() ?? "")) report(`the role ${role.text()} is bound`, role);
    });
    each(props.at("subjects").list(), (subject) => {
      const name = subject.at("name").text() ?? "";
      if (BROAD.has(name) || name.startsWith("system:serviceaccounts:")) report(`everybody in ${name} gets the role`, subject);
      if (subject.at("kind").text() === "ServiceAccount" && name === "default")
        report("the default account gets the role, and with it every pod that names none", subject);
    });
  },
});
