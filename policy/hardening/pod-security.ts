import { defineRule } from "../core/rule";

export const podSecurityRule = defineRule({
  id: "hardening-pod-security",
  group: "hardening",
  title: "A namespace enforces a Pod Security standard.",
  severity: "medium",
  why: "Without the label the API server takes any pod, also one this stack never sees.",
  fix: "Label the namespace with restricted, or baseline where a workload needs it.",
  example: `labels: { "pod-security.kubernetes.io/enforce": "restricted" }`,
  frameworks: ["CIS Kubernetes 5.2.1", "NSA", "PSS"],
  kinds: ["core/Namespace"],
  parameters: {
    allowed: {
      type: "array",
      items: { type: "string" },
      description: "Standards that are strict enough.",
      default: ["restricted", "baseline"],
    },
  },
  check({ props, report, parameter }) {
    const standard = props.at("metadata", "labels", "pod-security.kubernetes.io/enforce");
    if (!parameter<string[]>("allowed").includes(standard.text() ?? ""))
      report(`the namespace enforces ${standard.text() ?? "no standard"}`, standard);
  },
});
