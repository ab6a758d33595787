import type * as kubernetes from "@pulumi/kubernetes";
import type { AutoScale } from "../../workload";
import type { AutoscalingSettings, CustomMetric } from "./settings";

type MetricSpec = kubernetes.types.input.autoscaling.v2.MetricSpec;
type Behavior = kubernetes.types.input.autoscaling.v2.HorizontalPodAutoscalerBehavior;

/** Targets where a workload names bounds only, percent of the reservation. */
const DEFAULT_TARGETS = { cpu: 70, memory: 80 };

/** Seconds over which a step is counted. */
const STEP_SECONDS = 15;

function resource(name: "cpu" | "memory", averageUtilization: number): MetricSpec {
  return { type: "Resource", resource: { name, target: { type: "Utilization", averageUtilization: Math.round(averageUtilization) } } };
}

/** A target per replica: for a metric of the whole workload the HorizontalPodAutoscaler divides it by the replicas itself. */
function perReplica(metric: CustomMetric, value: number): MetricSpec {
  const target = { type: "AverageValue", averageValue: Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m` };
  if (metric.type === "Pods") return { type: "Pods", pods: { metric: { name: metric.name }, target } };
  const selector = metric.labels ? { selector: { matchLabels: metric.labels } } : {};
  return { type: "External", external: { metric: { name: metric.name, ...selector }, target } };
}

/** What a HorizontalPodAutoscaler looks at; each metric asks for a number of replicas and the highest wins. */
export function metricsOf(scale: AutoScale, settings: AutoscalingSettings): MetricSpec[] {
  const { cpu, memory, requestsPerSecond, queue } = scale;
  const bare = cpu === undefined && memory === undefined && requestsPerSecond === undefined && queue === undefined;
  const targets = bare ? DEFAULT_TARGETS : { cpu, memory };
  return [
    ...(targets.cpu === undefined ? [] : [resource("cpu", targets.cpu)]),
    ...(targets.memory === undefined ? [] : [resource("memory", targets.memory)]),
    ...(requestsPerSecond !== undefined && settings.requestsPerSecond ? [perReplica(settings.requestsPerSecond, requestsPerSecond)] : []),
    ...(queue !== undefined && settings.queue ? [perReplica(settings.queue, queue)] : []),
  ];
}

/** Up at once and by up to double, down slowly: too few replicas cost requests, too many only money. */
export function behaviorOf({ scaleDownStabilization }: AutoscalingSettings): Behavior {
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [
        { type: "Percent", value: 100, periodSeconds: STEP_SECONDS },
        { type: "Pods", value: 4, periodSeconds: STEP_SECONDS },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: scaleDownStabilization,
      selectPolicy: "Max",
      policies: [{ type: "Percent", value: 100, periodSeconds: STEP_SECONDS }],
    },
  };
}
