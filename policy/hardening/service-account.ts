import { defineRule } from "../core/rule";
import { POD_KINDS, podOf } from "../platforms/containers";

export const serviceAccountRule = defineRule({
  id: "hardening-service-account",
  group: "hardening",
  title: "Every workload has a service account of its own.",
  severity: "low",
  why: "What is granted to the default account is granted to everything in the namespace.",
  fix: "Create a ServiceAccount and name it in the pod.",
  example: `serviceAccountName: "backend"`,
  frameworks: ["CIS Kubernetes 5.1.5"],
  kinds: POD_KINDS,
  check({ view, report }) {
    const name = podOf(view)!.spec.at("serviceAccountName");
    if ([undefined, "", "default"].includes(name.text())) report("the pod runs as the namespace's default account", name);
  },
});
