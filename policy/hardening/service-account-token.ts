import { defineRule } from "../core/rule";
import { POD_KINDS, podOf } from "../platforms/containers";
import { nameOf, namespaceOf } from "../core/stack-index";

export const serviceAccountTokenRule = defineRule({
  id: "hardening-service-account-token",
  group: "hardening",
  title: "A pod gets a service account token only if its account has been given permissions.",
  severity: "medium",
  why: "Every pod otherwise carries a key to the cluster's API that an intruder can use at once.",
  fix: "Set automountServiceAccountToken: false on the pod or its service account; leave it on only for accounts bound to a role.",
  example: `automountServiceAccountToken: false`,
  frameworks: ["CIS Kubernetes 5.1.6", "NSA"],
  checkStack({ index, report, eachView }) {
    const bindings = index.ofKind("rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding");
    eachView(index.pods(POD_KINDS), ({ view, spec }) => {
      const own = spec.at("automountServiceAccountToken");
      if (own.flag() === false) return;
      const name = spec.at("serviceAccountName").text() ?? "default";
      const account = index
        .around(view, "core/ServiceAccount")
        .find((entry) => nameOf(entry) === name && namespaceOf(entry) === namespaceOf(view));
      if (!own.exists && account?.props.at("automountServiceAccountToken").flag() === false) return;
      const bound = bindings.some((binding) =>
        binding.props
          .at("subjects")
          .list()
          .some(
            (subject) =>
              subject.at("name").text() === name && (subject.at("namespace").text() ?? namespaceOf(binding)) === namespaceOf(view),
          ),
      );
      if (!bound)
        report(view, `the pod gets a token of service account "${name}", which has no permission in this stack`, podOf(view)!.spec);
    });
  },
});
