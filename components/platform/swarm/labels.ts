import { isAutoScale, type Workload } from "../../workload";

/** A label as the Docker provider takes it. */
export interface Label {
  label: string;
  value: string;
}

/** Which deployment a resource is part of. */
export interface Deployment {
  /** Start of every name. */
  prefix: string;
  /** Labels of the user's own. */
  labels: Readonly<Record<string, string>>;
}

/** Marks a resource as part of a deployment; `docker stack services PREFIX` and `docker stack ps PREFIX` go by the first label. */
export function stackLabels({ prefix, labels }: Deployment, more: Readonly<Record<string, string>> = {}): Label[] {
  return listed({ "com.docker.stack.namespace": prefix, ...labels, ...more });
}

function listed(labels: Readonly<Record<string, string>>): Label[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

/** Labels of a service: its deployment, its own, and what the auto-scaler may do with it (`autoscaler.*`). */
export function serviceLabels(deployment: Deployment, workload: Workload): Label[] {
  const labels: Record<string, string> = {};
  const { scale } = workload;
  if (isAutoScale(scale)) {
    labels["autoscaler.enable"] = "true";
    labels["autoscaler.min_replicas"] = String(scale.min);
    labels["autoscaler.max_replicas"] = String(scale.max);
    if (scale.cpu !== undefined) labels["autoscaler.target_cpu"] = String(scale.cpu);
    if (scale.memory !== undefined) labels["autoscaler.target_memory"] = String(scale.memory);
    if (scale.requestsPerSecond !== undefined) labels["autoscaler.target_requests_per_second"] = String(scale.requestsPerSecond);
    if (scale.latency) {
      labels["autoscaler.target_latency_seconds"] = String(scale.latency.seconds);
      labels["autoscaler.target_latency_quantile"] = String(scale.latency.quantile);
    }
    if (scale.queue !== undefined) labels["autoscaler.target_queue"] = String(scale.queue);
  }
  return [...stackLabels(deployment), ...listed({ ...workload.labels, ...labels })];
}
