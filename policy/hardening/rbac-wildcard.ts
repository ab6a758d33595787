import { defineRule } from "../core/rule";

export const rbacWildcardRule = defineRule({
  id: "hardening-rbac-wildcard",
  group: "hardening",
  title: "A role grants no wildcard and none of the permissions that lead to all others.",
  severity: "high",
  why: "`*` grants what does not even exist yet; creating pods, reading all secrets, impersonating, escalating or executing in pods is the cluster in one step.",
  fix: "Name verbs and resources, and resourceNames for secrets.",
  example: `rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["backend"], verbs: ["get"] }]`,
  frameworks: ["CIS Kubernetes 5.1.2", "CIS Kubernetes 5.1.3", "NSA"],
  kinds: ["rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/ClusterRole"],
  check({ view, props, report, each }) {
    each(props.at("rules").list(), (rule) => {
      const [verbs, resources] = [rule.at("verbs").texts(), rule.at("resources").texts()];
      const writes = verbs.some((verb) => ["*", "create", "update", "patch"].includes(verb));
      if (verbs.includes("*")) report("all verbs are granted", rule.at("verbs"));
      if (resources.includes("*") || resources.includes("*/*")) report("all resources are granted", rule.at("resources"));
      for (const verb of ["escalate", "bind", "impersonate"])
        if (verbs.includes(verb)) report(`the verb ${verb} is granted`, rule.at("verbs"));
      if (
        resources.includes("secrets") &&
        rule.at("resourceNames").texts().length === 0 &&
        verbs.some((verb) => ["get", "list", "watch"].includes(verb))
      ) {
        report("every secret can be read", rule.at("resources"));
      }
      if (resources.some((name) => ["pods/exec", "pods/attach", "nodes/proxy", "serviceaccounts/token"].includes(name)))
        report("commands can be run in other pods", rule.at("resources"));
      if (view.kind.endsWith("ClusterRole") && writes && resources.includes("pods")) report("pods can be created in every namespace", rule);
    });
  },
});
