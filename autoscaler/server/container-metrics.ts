import { Counter, Gauge, type Registry } from "prom-client";
import { type ContainerUse } from "../signals/containers";

const LABELS = ["service", "container", "node"] as const;

/** Metrics by field. Names and units are cAdvisor's where it has the same, so that one query serves Swarm and Kubernetes. */
const METRICS: [field: keyof ContainerUse, kind: "counter" | "gauge", name: string, help: string][] = [
  ["cpuSeconds", "counter", "container_cpu_usage_seconds_total", "CPU time used"],
  ["periods", "counter", "container_cpu_cfs_periods_total", "Periods in which the container wanted CPU"],
  ["throttledPeriods", "counter", "container_cpu_cfs_throttled_periods_total", "Periods in which its limit held it back"],
  ["received", "counter", "container_network_receive_bytes_total", "Bytes received"],
  ["sent", "counter", "container_network_transmit_bytes_total", "Bytes sent"],
  ["memory", "gauge", "container_memory_working_set_bytes", "Memory that cannot be taken back"],
  ["memoryLimit", "gauge", "container_spec_memory_limit_bytes", "Memory limit; absent where there is none"],
  ["cpuLimit", "gauge", "container_spec_cpu_limit_cores", "CPU limit in cores; absent where there is none"],
  ["started", "gauge", "container_start_time_seconds", "Start of the container"],
  [
    "healthy",
    "gauge",
    "container_healthy",
    "1 while its health check passes, 0 while it fails; absent where it has none or has not answered yet",
  ],
];

/** Milliseconds for an answer: less than any scrape waits, so that the daemon's own metrics never go with it. */
const PATIENCE_MS = 3000;

/**
 * What every container of the stack uses, read at every scrape. A container that is gone is gone from the metrics too; when nobody
 * answers there are none, and `autoscaler_containers_read` says so: old values would look like a quiet stack.
 */
export class ContainerMetrics {
  private readonly metrics: { readonly field: keyof ContainerUse; readonly metric: Counter | Gauge }[];
  private readonly read: Gauge;

  constructor(
    registry: Registry,
    private readonly source: () => Promise<readonly ContainerUse[]>,
  ) {
    const registers = [registry];
    this.metrics = METRICS.map(([field, kind, name, help]) => {
      const options = { name, help, labelNames: LABELS, registers };
      return { field, metric: kind === "counter" ? new Counter(options) : new Gauge(options) };
    });
    this.read = new Gauge({ name: "autoscaler_containers_read", help: "1 while the containers' use can be read", registers });
  }

  /** Takes in what the containers use now. Never rejects. */
  async refresh(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("no answer in time")), PATIENCE_MS);
    });
    const uses = await Promise.race([this.source(), late]).catch(() => undefined);
    clearTimeout(timer);
    this.read.set(uses === undefined ? 0 : 1);
    for (const { field, metric } of this.metrics) {
      metric.reset();
      for (const use of uses ?? []) {
        const value = use[field];
        if (value === undefined) continue;
        metric.inc({ service: use.service, container: use.container, node: use.node }, Number(value));
      }
    }
  }
}
