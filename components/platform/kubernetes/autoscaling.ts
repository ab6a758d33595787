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

/** Stands for the workload's full name in the labels that choose its series. */
const WORKLOAD = "$workload";

/** A target per replica: for a metric of the whole workload the HorizontalPodAutoscaler divides it by the replicas itself. */
function perReplica(metric: CustomMetric, value: number, workload: string): MetricSpec {
  const target = { type: "AverageValue", averageValue: Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m` };
  if (metric.type === "Pods") return { type: "Pods", pods: { metric: { name: metric.name }, target } };
  const labels = Object.entries(metric.labels ?? {}).map(([label, text]) => [label, text.replaceAll(WORKLOAD, workload)]);
  const selector = labels.length > 0 ? { selector: { matchLabels: Object.fromEntries(labels) as Record<string, string> } } : {};
  return { type: "External", external: { metric: { name: metric.name, ...selector }, target } };
}

/**
 * What a HorizontalPodAutoscaler looks at; each metric asks for a number of replicas and the highest wins.
 * @param workload full name
 */
export function metricsOf(scale: AutoScale, settings: AutoscalingSettings, workload: string): MetricSpec[] {
  const { cpu, memory, requestsPerSecond, queue } = scale;
  const bare = cpu === undefined && memory === undefined && requestsPerSecond === undefined && queue === undefined;
  const targets = bare ? DEFAULT_TARGETS : { cpu, memory };
  return [
    ...(targets.cpu === undefined ? [] : [resource("cpu", targets.cpu)]),
    ...(targets.memory === undefined ? [] : [resource("memory", targets.memory)]),
    ...(requestsPerSecond !== undefined && settings.requestsPerSecond
      ? [perReplica(settings.requestsPerSecond, requestsPerSecond, workload)]
      : []),
    ...(queue !== undefined && settings.queue ? [perReplica(settings.queue, queue, workload)] : []),
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
