import { defineRule } from "../core/rule";
import { namespaceOf } from "../core/stack-index";
import { POD_KINDS } from "../platforms/containers";

export const defaultDenyRule = defineRule({
  id: "network-default-deny",
  group: "network",
  title: "Every namespace with pods denies by default.",
  severity: "medium",
  why: "Without a default the next workload somebody adds is open until somebody notices.",
  fix: "Add a NetworkPolicy with an empty podSelector, both policy types and no rules.",
  example: `spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] }`,
  frameworks: ["CIS Kubernetes 5.3.2", "NSA"],
  checkStack({ index, report, eachView }) {
    const seen = new Set<string>();
    eachView(index.pods(POD_KINDS), ({ view }) => {
      const name = namespaceOf(view);
      if (seen.has(name)) return;
      const denied = (direction: string) =>
        index.around(view, "networking.k8s.io/NetworkPolicy").some((policy) => {
          const spec = policy.props.at("spec");
          return (
            namespaceOf(policy) === name &&
            spec.at("podSelector", "matchLabels").entries().length === 0 &&
            spec.at("podSelector", "matchExpressions").list().length === 0 &&
            spec.at("policyTypes").texts().includes(direction) &&
            spec.at(direction.toLowerCase()).list().length === 0
          );
        });
      const open = ["Ingress", "Egress"].filter((direction) => !denied(direction));
      seen.add(name);
      if (open.length > 0) report(view, `namespace "${name}" has no default policy for ${open.join(" and ")}`);
    });
  },
});
