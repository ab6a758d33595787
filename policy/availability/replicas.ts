import { defineRule } from "../core/rule";
import { labelOf } from "../platforms/containers";
import { targetOf } from "../platforms/targets";
import { serves } from "../platforms/tiers";

export const replicasRule = defineRule({
  id: "availability-replicas",
  group: "availability",
  title: "What answers requests runs in two replicas or more.",
  severity: "high",
  why: "With one replica every crash, every update of a node and every slow garbage collection is an outage.",
  fix: "Set two or more replicas, or put the workload under an auto-scaler with a minimum of two.",
  example: `mode: { replicated: { replicas: 2 } }   // Kubernetes: spec: { replicas: 2 }`,
  parameters: { min: { type: "integer", description: "Least number of replicas.", default: 2, minimum: 1 } },
  checkStack({ index, report, eachView, parameter }) {
    const least = parameter<number>("min");
    const workloads = index.ofKind("docker/Service", "apps/Deployment").map((view) => ({ view }));
    eachView(workloads, ({ view }) => {
      if (!serves(view)) return;
      const at = view.kind === "docker/Service" ? view.props.at("mode", "replicated", "replicas") : view.props.at("spec", "replicas");
      const replicas = at.number() ?? 1;
      if (replicas >= least) return;
      if (view.kind === "apps/Deployment") {
        if (
          !at.exists &&
          index.around(view, "autoscaling/HorizontalPodAutoscaler").some((autoscaler) => targetOf(autoscaler, index) === view)
        )
          return;
      } else if (labelOf(view, "autoscaler.enable") === "true" && Number(labelOf(view, "autoscaler.min_replicas") ?? 0) >= least) return;
      report(view, `${replicas} ${replicas === 1 ? "replica answers" : "replicas answer"} requests`, at);
    });
  },
});
