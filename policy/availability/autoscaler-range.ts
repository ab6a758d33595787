import { defineRule } from "../core/rule";

export const autoscalerRangeRule = defineRule({
  id: "availability-autoscaler-range",
  group: "availability",
  title: "A HorizontalPodAutoscaler has room to scale and a target to scale by.",
  severity: "medium",
  why: "With min equal to max it does nothing, with a minimum of one a quiet hour ends in a single point of failure.",
  fix: "Set minReplicas to two or more, maxReplicas above it, and at least one metric with a target below 100 %.",
  example: `spec: { minReplicas: 3, maxReplicas: 10, metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } }] }`,
  kinds: ["autoscaling/HorizontalPodAutoscaler"],
  parameters: { min: { type: "integer", description: "Least minReplicas.", default: 2, minimum: 1 } },
  check({ props, report, each, parameter, scope }) {
    const spec = props.at("spec");
    scope(() => {
      const [min, max] = [spec.at("minReplicas").number() ?? 1, spec.at("maxReplicas").number() ?? 0];
      if (min < parameter<number>("min")) report(`minReplicas is ${min}`, spec.at("minReplicas"));
      if (min >= max) report(`minReplicas ${min} leaves no room below maxReplicas ${max}`, spec.at("maxReplicas"));
    });
    scope(() => {
      const metrics = spec.at("metrics").list();
      // autoscaling/v1 has its one CPU target in the spec itself.
      if (metrics.length === 0 && !spec.at("targetCPUUtilizationPercentage").exists) report("there is no metric", spec.at("metrics"));
      each(metrics, (metric) => {
        const target = metric.at("resource", "target", "averageUtilization");
        const percent = target.number();
        if (percent !== undefined && (percent < 1 || percent > 100)) report(`the target is ${percent} %`, target);
      });
    });
  },
});
