import { defineRule } from "../core/rule";
import { podOf } from "../platforms/containers";

export const spreadRule = defineRule({
  id: "availability-spread",
  group: "availability",
  title: "Replicas are spread over nodes or zones.",
  severity: "medium",
  why: "Three replicas on one node are one replica when the node goes.",
  fix: "Kubernetes: topologySpreadConstraints or podAntiAffinity. Swarm: a spread preference or maxReplicas.",
  example: `topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway", labelSelector }]`,
  kinds: ["apps/Deployment", "apps/StatefulSet", "docker/Service"],
  check({ view, props, report }) {
    if (view.kind === "docker/Service") {
      if ((props.at("mode", "replicated", "replicas").number() ?? 1) < 2) return;
      const placement = props.at("taskSpec", "placement");
      const spread = placement
        .at("prefs")
        .texts()
        .some((preference) => preference.startsWith("spread="));
      if (!spread && (placement.at("maxReplicas").number() ?? 0) === 0) report("nothing spreads the replicas", placement);
      return;
    }
    if (props.at("spec", "replicas").number() === 1) return;
    const { spec, metadata } = podOf(view)!;
    const constraints = spec.at("topologySpreadConstraints").list();
    const affinity = spec.at("affinity", "podAntiAffinity");
    const rules = [
      ...affinity.at("requiredDuringSchedulingIgnoredDuringExecution").list(),
      ...affinity.at("preferredDuringSchedulingIgnoredDuringExecution").list(),
    ];
    if (constraints.length === 0 && rules.length === 0) return report("nothing spreads the replicas", spec);
    const replicas = props.at("spec", "replicas").number() ?? 2;
    for (const constraint of constraints) {
      const skew = constraint.at("maxSkew");
      if ((skew.number() ?? 1) > 1 && skew.number()! >= replicas)
        report(`a skew of ${skew.number()} lets all ${replicas} replicas run together`, skew);
      const selector = constraint.at("labelSelector", "matchLabels").entries();
      if (selector.length === 0 || selector.some(([key, value]) => metadata.at("labels", key).text() !== value.text()))
        report("a spread constraint does not select the pod's own labels", constraint);
    }
  },
});
