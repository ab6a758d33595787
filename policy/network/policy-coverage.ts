import { some } from "../core/reader";
import type { View } from "../core/resource";
import { defineRule } from "../core/rule";
import { namespaceOf, selects, selectsPlainly } from "../core/stack-index";
import { POD_KINDS } from "../platforms/containers";

export const policyCoverageRule = defineRule({
  id: "network-policy-coverage",
  group: "network",
  title: "A NetworkPolicy covers every pod, for what comes in and what goes out.",
  severity: "high",
  why: "A pod no policy selects accepts and makes every connection; one intruded pod then reaches all others and the cloud's metadata address.",
  fix: "Add a policy that selects the pods, and a default policy for the rest of the namespace.",
  example: `new k8s.networking.v1.NetworkPolicy("backend", { spec: { podSelector: { matchLabels: { app: "backend" } }, policyTypes: ["Ingress", "Egress"], … } })`,
  frameworks: ["CIS Kubernetes 5.3.2", "NSA"],
  checkStack({ index, report, eachView }) {
    const types = (view: View) => {
      const written = view.props.at("spec", "policyTypes").texts();
      // Without policyTypes a policy is about ingress, and about egress if it has such rules.
      return written.length > 0 ? written : ["Ingress", ...(view.props.at("spec", "egress").exists ? ["Egress"] : [])];
    };
    eachView(index.pods(POD_KINDS), ({ view, spec, metadata }) => {
      // Pods in the host's network are beyond the reach of policies.
      if (spec.at("hostNetwork").flag() === true) return;
      for (const direction of ["Ingress", "Egress"]) {
        const covered = some(index.around(view, "networking.k8s.io/NetworkPolicy"), (policy) => {
          if (namespaceOf(policy) !== namespaceOf(view) || !types(policy).includes(direction)) return false;
          const selector = policy.props.at("spec", "podSelector");
          const all = selector.at("matchLabels").entries().length === 0 && selector.at("matchExpressions").list().length === 0;
          return all || selects(selector, metadata.at("labels")) || selectsPlainly(selector.at("matchLabels"), metadata.at("labels"));
        });
        if (!covered)
          report(
            view,
            `no NetworkPolicy restricts ${direction === "Ingress" ? "who reaches the pods" : "what the pods reach"}`,
            metadata.at("labels"),
          );
      }
    });
  },
});
