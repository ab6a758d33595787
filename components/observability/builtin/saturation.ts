import type { Settings } from "../options";
import type { RuleGroup } from "../rules";
import { percent } from "./percent";
import { rateWindow, RECORDED } from "./recorded";

/** Hours ahead a disk is looked at: enough to do something about it in working hours of the same day. */
const DISK_HOURS = 4;

/** Below this a disk that fills is told of, above only a full one: a large write into an empty disk is no news. */
const DISK_LOOKED_AT = 0.6;

/** Starts per replica in five minutes that no release and no scaling brings about. */
const STARTS_PER_REPLICA = 2;

/**
 * PromQL: a use of each container as a share of its limit. Whoever tells of containers may have been replaced just now: until the series of the one
 * before are over each container has two.
 */
function ofLimit(use: string, limit: string): string {
  const each = (expr: string) => `max by (service, container, node) (${expr})`;
  return `label_replace(${each(use)} / ${each(limit)}, "workload", "$1", "service", "(.+)")`;
}

/** Cores that a container may use, as the auto-scaler's gate says it on a Swarm, and as a quota in each period, which cAdvisor knows. */
const CPU_LIMIT = "container_spec_cpu_limit_cores or container_spec_cpu_quota / container_spec_cpu_period";

/** Nodes, containers and processes against what they may use. */
export function saturation({ thresholds, scrapeInterval }: Settings): RuleGroup {
  const window = `${rateWindow(scrapeInterval)}s`;
  const started =
    "(clamp_min(changes(process_start_time_seconds[5m]), 1) and max_over_time(process_start_time_seconds[5m]) > time() - 300)";
  return {
    name: "saturation",
    rules: [
      {
        record: RECORDED.containerCpu,
        expr: ofLimit(`rate(container_cpu_usage_seconds_total[${window}])`, CPU_LIMIT),
      },
      {
        record: RECORDED.containerMemory,
        // Without a limit cAdvisor says 0.
        expr: ofLimit("container_memory_working_set_bytes", "container_spec_memory_limit_bytes > 0"),
      },
      {
        record: RECORDED.nodeCpu,
        expr: `1 - sum by (tier, workload, replica) (rate(node_cpu_seconds_total{mode=~"idle|iowait"}[${window}])) / count by (tier, workload, replica) (node_cpu_seconds_total{mode="idle"})`,
      },
      { record: RECORDED.nodeMemory, expr: "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes" },
      {
        record: RECORDED.disk,
        expr: "max by (tier, workload, replica) (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes)",
      },
      {
        alert: "ContainerMemoryHigh",
        expr: `${RECORDED.containerMemory} > ${thresholds.containerMemory}`,
        forSeconds: 60,
        severity: "warning",
        summary: "A container of {{ $labels.workload }} is short of memory",
        description: `Container {{ $labels.container }} of {{ $labels.workload }} uses {{ $value | humanizePercentage }} of its memory limit, more than ${percent(thresholds.containerMemory)}. At 100% the kernel kills it.`,
      },
      {
        alert: "ContainerCpuHigh",
        expr: `${RECORDED.containerCpu} > ${thresholds.containerCpu}`,
        forSeconds: 300,
        severity: "warning",
        summary: "A container of {{ $labels.workload }} is short of CPU",
        description: `Container {{ $labels.container }} of {{ $labels.workload }} has used {{ $value | humanizePercentage }} of its CPU limit, more than ${percent(thresholds.containerCpu)}, for 5 min. It answers late.`,
      },
      {
        alert: "ContainerUnhealthy",
        expr: 'label_replace(min by (service, container, node) (container_healthy), "workload", "$1", "service", "(.+)") == 0',
        forSeconds: 15,
        severity: "warning",
        summary: "A container of {{ $labels.workload }} fails its health check",
        description:
          "Container {{ $labels.container }} of {{ $labels.workload }} has failed its health check for 15 s; the platform replaces it.",
      },
      {
        alert: "ReplicasRestart",
        expr: `sum by (tier, workload) (${started}) > ${STARTS_PER_REPLICA} * count by (tier, workload) (process_start_time_seconds) + 1`,
        forSeconds: 0,
        severity: "critical",
        summary: "Replicas of {{ $labels.workload }} start again and again",
        description: `{{ $value }} replicas of {{ $labels.workload }} started within 5 min, more than ${STARTS_PER_REPLICA} for each that runs. They crash, are killed, or fail their health check.`,
      },
      {
        alert: "FileDescriptorsHigh",
        expr: "process_open_fds / process_max_fds > 0.8",
        forSeconds: 60,
        severity: "warning",
        summary: "A replica of {{ $labels.workload }} runs out of file descriptors",
        description:
          "Replica {{ $labels.replica }} of {{ $labels.workload }} has {{ $value | humanizePercentage }} of the files and connections open that it may. At 100% it accepts none.",
      },
      {
        alert: "NodeMemoryHigh",
        expr: `${RECORDED.nodeMemory} > ${thresholds.nodeMemory}`,
        forSeconds: 120,
        severity: "warning",
        summary: "A node is short of memory",
        description: `{{ $value | humanizePercentage }} of the memory of the node at {{ $labels.replica }} is in use, more than ${percent(thresholds.nodeMemory)}, for 2 min. When none is left the kernel kills processes.`,
      },
      {
        alert: "NodeCpuHigh",
        expr: `${RECORDED.nodeCpu} > ${thresholds.nodeCpu}`,
        forSeconds: 600,
        severity: "warning",
        summary: "A node is short of CPU",
        description: `The CPUs of the node at {{ $labels.replica }} have been {{ $value | humanizePercentage }} busy, more than ${percent(thresholds.nodeCpu)}, for 10 min. New replicas would not help there.`,
      },
      {
        alert: "DiskFull",
        expr: `${RECORDED.disk} > ${thresholds.diskUsed}`,
        forSeconds: 60,
        severity: "critical",
        summary: "The disk of a node is nearly full",
        description: `{{ $value | humanizePercentage }} of the disk of the node at {{ $labels.replica }} is in use, more than ${percent(thresholds.diskUsed)}. It holds images, containers and volumes: at 100% databases stop.`,
      },
      {
        alert: "DiskFilling",
        expr:
          `min by (tier, workload, replica) (predict_linear(node_filesystem_avail_bytes[30m], ${DISK_HOURS} * 3600)) < 0` +
          ` and on (tier, workload, replica) ${RECORDED.disk} > ${DISK_LOOKED_AT}`,
        forSeconds: 300,
        severity: "warning",
        summary: "The disk of a node fills up",
        description: `At the pace of the last 30 min the disk of the node at {{ $labels.replica }} is full within ${DISK_HOURS} h.`,
      },
    ],
  };
}
