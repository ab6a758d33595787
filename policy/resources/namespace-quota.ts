import { defineRule } from "../core/rule";
import { nameOf, namespaceOf } from "../core/stack-index";

export const namespaceQuotaRule = defineRule({
  id: "resources-namespace-quota",
  group: "resources",
  title: "Every namespace of the stack has a resource quota.",
  severity: "medium",
  why: "Without a quota one namespace, or an auto-scaler gone wild, takes the whole cluster.",
  fix: "Create a ResourceQuota in the namespace.",
  example: `new k8s.core.v1.ResourceQuota("quota", { metadata: { namespace }, spec: { hard: { "limits.memory": "32Gi", pods: "100" } } })`,
  frameworks: ["NSA", "CIS Kubernetes 5.7.1"],
  checkStack({ index, report, eachView }) {
    const quotas = index.ofKind("core/ResourceQuota");
    eachView(
      index.ofKind("core/Namespace").map((view) => ({ view })),
      ({ view }) => {
        const name = nameOf(view);
        const own = quotas.filter((quota) => namespaceOf(quota) === name);
        if (!own.some((quota) => quota.props.at("spec", "hard").entries().length > 0)) report(view, `namespace "${name}" has no quota`);
      },
    );
  },
});
