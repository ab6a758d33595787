import { defineRule } from "../core/rule";
import { containersOf } from "../platforms/containers";
import { autoscalers, targetOf } from "../platforms/targets";

export const autoscalerRequestsRule = defineRule({
  id: "availability-autoscaler-requests",
  group: "availability",
  title: "A workload scaled by a percentage reserves what the percentage refers to.",
  severity: "high",
  why: "Utilization is percent of the request; if one container of the pod has none, the metric does not exist and nothing scales.",
  fix: "Set the request on every container of the target, sidecars included.",
  example: `resources: { requests: { cpu: "250m", memory: "384Mi" } }`,
  checkStack({ index, report, eachView, each }) {
    eachView(autoscalers(index), ({ view }) => {
      const target = targetOf(view, index);
      if (!target) return;
      for (const metric of view.props.at("spec", "metrics").list()) {
        if (metric.at("type").text() !== "Resource" || metric.at("resource", "target", "type").text() !== "Utilization") continue;
        const resource = metric.at("resource", "name").text() ?? "";
        each(
          containersOf(target).filter((container) => !container.init),
          ({ at, label }) => {
            const request = at.at("resources", "requests", resource);
            if (!request.exists) report(target, `${label} reserves no ${resource}, which the autoscaler scales by`, request);
          },
        );
      }
    });
  },
});
