import { some } from "../core/reader";
import { defineRule } from "../core/rule";
import { namespaceOf, selects } from "../core/stack-index";
import { targetOf } from "../platforms/targets";

export const disruptionBudgetRule = defineRule({
  id: "availability-disruption-budget",
  group: "availability",
  title: "Every workload with several replicas has a PodDisruptionBudget.",
  severity: "medium",
  why: "Draining nodes for an upgrade otherwise evicts all replicas at once.",
  fix: "Create a PodDisruptionBudget whose selector matches the pods.",
  example: `new k8s.policy.v1.PodDisruptionBudget("backend", { spec: { maxUnavailable: 1, selector: { matchLabels: { app: "backend" } } } })`,
  checkStack({ index, report, eachView }) {
    eachView(index.pods(["apps/Deployment", "apps/StatefulSet"]), ({ view, metadata }) => {
      const replicas = view.props.at("spec", "replicas");
      const several = replicas.exists
        ? (replicas.number() ?? 1) > 1
        : some(
            index.around(view, "autoscaling/HorizontalPodAutoscaler").map((autoscaler) => ({ view: autoscaler })),
            (autoscaler) => targetOf(autoscaler.view, index) === view,
          );
      if (!several) return;
      const covered = some(
        index.around(view, "policy/PodDisruptionBudget"),
        (budget) => namespaceOf(budget) === namespaceOf(view) && selects(budget.props.at("spec", "selector"), metadata.at("labels")),
      );
      if (!covered) report(view, "no PodDisruptionBudget covers the pods", metadata.at("labels"));
    });
  },
});
