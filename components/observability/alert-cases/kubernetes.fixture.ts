import type { AlertCase } from "./case.fixture";

/** As the kubelet tells it, in labels as on a Swarm. */
const container = (metric: string, page = "kubelet") =>
  `${metric}{tier="observability",workload="${page}",job="${page}",replica="10.0.0.9",node="10.0.0.9",service="testbro-backend",container="testbro-backend-1"}`;
const limits = (used: string) => ({
  [container("container_cpu_usage_seconds_total")]: used,
  // Half a core.
  [container("container_spec_cpu_quota", "kubelet-cadvisor")]: "50000x200",
  [container("container_spec_cpu_period", "kubelet-cadvisor")]: "100000x200",
});
const memory = (used: string, limit: string) => ({
  [container("container_memory_working_set_bytes")]: used,
  [container("container_spec_memory_limit_bytes", "kubelet-cadvisor")]: limit,
});
const disk = (mountpoint: string, metric: string) =>
  `node_filesystem_${metric}_bytes{tier="observability",workload="testbro-node-exporter",replica="10.0.0.9",mountpoint="${mountpoint}"}`;
const disks = (available: string) => ({
  [disk("/", "avail")]: "900000x200",
  [disk("/", "size")]: "1000000x200",
  [disk("/var/lib/containerd", "avail")]: available,
  [disk("/var/lib/containerd", "size")]: "1000000x200",
});
const onContainer = { severity: "warning", workload: "testbro-backend", service: "testbro-backend", node: "10.0.0.9" };

/** What the same alerts do by the kubelets' word, where it says other things than the auto-scaler's gate. */
export const KUBERNETES_CASES: AlertCase[] = [
  {
    alert: "ContainerCpuHigh",
    bad: limits("0+2.3x80 184+0.5x60"),
    fires: 360,
    recovered: 500,
    labels: { ...onContainer, container: "testbro-backend-1" },
    summary: "A container of testbro-backend is short of CPU",
    description: "Container testbro-backend-1 of testbro-backend has used 92% of its CPU limit, more than 90%, for 5 min. It answers late.",
    quiet: [limits("0+2.2x120")],
  },
  {
    alert: "ContainerMemoryHigh",
    bad: memory("91x14 90x30", "100x100"),
    fires: 60,
    recovered: 75,
    labels: { ...onContainer, container: "testbro-backend-1" },
    summary: "A container of testbro-backend is short of memory",
    description: "Container testbro-backend-1 of testbro-backend uses 91% of its memory limit, more than 90%. At 100% the kernel kills it.",
    // No limit is told as 0.
    quiet: [memory("90x60", "100x100"), memory("95x60", "0x100")],
  },
  {
    alert: "DiskFull",
    bad: disks("140000x14 160000x30"),
    fires: 60,
    recovered: 90,
    labels: { severity: "critical", tier: "observability", workload: "testbro-node-exporter", replica: "10.0.0.9" },
    summary: "The disk of a node is nearly full",
    description:
      "86% of the disk of the node at 10.0.0.9 is in use, more than 85%. It holds images, containers and volumes: at 100% databases stop.",
    quiet: [disks("160000x60")],
  },
];
