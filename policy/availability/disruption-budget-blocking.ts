import { defineRule } from "../core/rule";
import { namespaceOf, selects } from "../core/stack-index";

export const disruptionBudgetBlockingRule = defineRule({
  id: "availability-disruption-budget-blocking",
  group: "availability",
  title: "A PodDisruptionBudget lets at least one pod be evicted and keeps at least one, and selects pods.",
  severity: "high",
  why: "A budget that allows none blocks every node drain until somebody deletes it by hand, at night.",
  fix: "Use maxUnavailable: 1, or a minAvailable below the number of replicas.",
  example: `spec: { maxUnavailable: 1, selector: { matchLabels: { app: "backend" } } }`,
  checkStack({ index, report, eachView }) {
    eachView(
      index.ofKind("policy/PodDisruptionBudget").map((view) => ({ view })),
      ({ view }) => {
        const spec = view.props.at("spec");
        const [most, least] = [spec.at("maxUnavailable"), spec.at("minAvailable")];
        if (!most.exists && !least.exists) return report(view, "the budget sets neither maxUnavailable nor minAvailable", spec);
        if (/^0+%?$/.test(most.text() ?? "")) return report(view, "maxUnavailable is 0", most);
        if (/^\d+%$/.test(least.text() ?? "") && parseInt(least.text()!, 10) >= 100) return report(view, "minAvailable is 100 %", least);
        const selector = spec.at("selector");
        if (selector.at("matchLabels").entries().length === 0 && selector.at("matchExpressions").list().length === 0)
          return report(view, "the budget selects every pod of the namespace", selector);
        const pods = index
          .podsAround(view, ["apps/Deployment", "apps/StatefulSet"])
          .filter((pod) => namespaceOf(pod.view) === namespaceOf(view) && selects(selector, pod.metadata.at("labels")));
        const wanted = least.number();
        for (const pod of pods) {
          const replicas = pod.view.props.at("spec", "replicas").number();
          if (replicas !== undefined && wanted !== undefined && wanted >= replicas)
            report(view, `minAvailable is ${wanted} of ${replicas} replicas`, least);
          if (replicas !== undefined && replicas > 1 && (most.number() ?? 0) >= replicas)
            report(view, `maxUnavailable of ${most.number()} lets all ${replicas} replicas go`, most);
        }
      },
    );
  },
});
