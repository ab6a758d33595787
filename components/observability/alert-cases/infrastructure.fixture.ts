import { app, onBackend, replaced, replicaLabels, type AlertCase, type Series } from "./case.fixture";

const container = (metric: string, more = "") =>
  `${metric}{tier="autoscaling",workload="testbro-autoscaler",service="testbro-backend",container="abc",node="one"${more}}`;
const onContainer = { workload: "testbro-backend", service: "testbro-backend", container: "abc", node: "one" };
const node = (metric: string, more = "") => `${metric}{tier="observability",workload="testbro-node-exporter",replica="10.0.0.9"${more}}`;
const onNode = { tier: "observability", workload: "testbro-node-exporter", replica: "10.0.0.9" };
const probe = (metric: string, replica = "10.0.0.3") =>
  `${metric}{tier="observability",workload="testbro-blackbox",instance="https://example.org/",replica="${replica}"}`;
/** That Prometheus has it asked: it does as long as a balancer is found. */
const found = (values: string): Series => ({
  'up{tier="observability",workload="testbro-blackbox",instance="https://example.org/",replica="10.0.0.3",job="probe-0"}': values,
});
const onProbe = { tier: "observability", workload: "testbro-blackbox", instance: "https://example.org/" };

const memory = (used: string): Series => ({
  [container("container_memory_working_set_bytes")]: used,
  [container("container_spec_memory_limit_bytes")]: "100x100",
});
/** Of a limit of half a core, in hundredths of a second for each 5 s: 250 is all of it. */
const cpu = (used: string): Series => ({
  [container("container_cpu_usage_seconds_total")]: used,
  [container("container_spec_cpu_limit_cores")]: "0.5x200",
});
const nodeCpu = (idle: string): Series => ({
  [node("node_cpu_seconds_total", ',cpu="0",mode="idle"')]: idle,
  [node("node_cpu_seconds_total", ',cpu="0",mode="iowait"')]: "0x300",
  [node("node_cpu_seconds_total", ',cpu="0",mode="user"')]: "0+5x300",
});
const nodeMemory = (available: string): Series => ({
  [node("node_memory_MemAvailable_bytes")]: available,
  [node("node_memory_MemTotal_bytes")]: "100x200",
});
const disk = (available: string): Series => ({
  [node("node_filesystem_avail_bytes", ',mountpoint="/"')]: available,
  [node("node_filesystem_size_bytes", ',mountpoint="/"')]: "1000000x600",
});
/** Replicas that each live for one scrape, one after the other, each with an address of its own. */
const starts = (count: number): Series =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      app(10 + index, "process_start_time_seconds"),
      `${index === 0 ? "" : `_x${index} `}${index * 5} stale`,
    ]),
  );
const DAY = 86400;
/** Of two balancers, which are asked as long as `answers` says so. */
const expiry = (values: string, answers = "1x700"): Series => ({
  [probe("probe_ssl_earliest_cert_expiry")]: values,
  [probe("probe_success")]: answers,
  [probe("probe_ssl_earliest_cert_expiry", "10.0.0.4")]: `${99 * DAY}x700`,
  [probe("probe_success", "10.0.0.4")]: "1x700",
});

/** Cases of the groups saturation and probes, and of monitoring's receivers. */
export const INFRASTRUCTURE_CASES: AlertCase[] = [
  {
    alert: "ContainerMemoryHigh",
    // By an auto-scaler until 60 s, and by another one from 50 s on.
    bad: replaced(memory("91x12 stale"), memory("_x10 91x4 90x30")),
    fires: 60,
    recovered: 75,
    labels: { severity: "warning", ...onContainer },
    summary: "A container of testbro-backend is short of memory",
    description: "Container abc of testbro-backend uses 91% of its memory limit, more than 90%. At 100% the kernel kills it.",
    quiet: [memory("90x60"), memory("95x11 90x30")],
  },
  {
    alert: "ContainerCpuHigh",
    bad: cpu("0+2.3x80 184+0.5x60"),
    fires: 360,
    recovered: 500,
    labels: { severity: "warning", ...onContainer },
    summary: "A container of testbro-backend is short of CPU",
    description: "Container abc of testbro-backend has used 92% of its CPU limit, more than 90%, for 5 min. It answers late.",
    quiet: [cpu("0+2.2x120"), replaced(cpu("0+2.2x12 stale"), cpu("_x10 22+2.2x110"))],
  },
  {
    alert: "ContainerUnhealthy",
    bad: { [container("container_healthy")]: "0x5 1x20" },
    fires: 15,
    recovered: 30,
    labels: { severity: "warning", ...onContainer },
    summary: "A container of testbro-backend fails its health check",
    description: "Container abc of testbro-backend has failed its health check for 15 s; the platform replaces it.",
    quiet: [{ [container("container_healthy")]: "0x2 1x20" }],
  },
  {
    alert: "ReplicasRestart",
    bad: { ...starts(7), [app(2, "process_start_time_seconds")]: "0x200" },
    fires: 20,
    recovered: 400,
    labels: { severity: "critical", ...onBackend },
    summary: "Replicas of testbro-backend start again and again",
    description:
      "6 replicas of testbro-backend started within 5 min, more than 2 for each that runs. They crash, are killed, or fail their health check.",
    // Scaled from nothing to five.
    quiet: [Object.fromEntries(Array.from({ length: 5 }, (_, index) => [app(10 + index, "process_start_time_seconds"), `${index}x100`]))],
  },
  {
    alert: "FileDescriptorsHigh",
    bad: { [app(2, "process_open_fds")]: "81x14 80x30", [app(2, "process_max_fds")]: "100x60" },
    fires: 60,
    recovered: 75,
    labels: { severity: "warning", ...replicaLabels },
    summary: "A replica of testbro-backend runs out of file descriptors",
    description: "Replica 10.0.0.2 of testbro-backend has 81% of the files and connections open that it may. At 100% it accepts none.",
    quiet: [{ [app(2, "process_open_fds")]: "80x60", [app(2, "process_max_fds")]: "100x60" }],
  },
  {
    alert: "NodeMemoryHigh",
    bad: nodeMemory("9x27 11x30"),
    fires: 120,
    recovered: 140,
    labels: { severity: "warning", ...onNode },
    summary: "A node is short of memory",
    description:
      "91% of the memory of the node at 10.0.0.9 is in use, more than 90%, for 2 min. When none is left the kernel kills processes.",
    quiet: [nodeMemory("11x60")],
  },
  {
    alert: "NodeCpuHigh",
    bad: nodeCpu("0+0.4x130 52+4x60"),
    fires: 605,
    recovered: 720,
    labels: { severity: "warning", ...onNode },
    summary: "A node is short of CPU",
    description: "The CPUs of the node at 10.0.0.9 have been 92% busy, more than 90%, for 10 min. New replicas would not help there.",
    quiet: [nodeCpu("0+0.6x150")],
  },
  {
    alert: "DiskFull",
    bad: disk("149000x14 151000x30"),
    fires: 60,
    recovered: 75,
    labels: { severity: "critical", ...onNode },
    summary: "The disk of a node is nearly full",
    description:
      "85.1% of the disk of the node at 10.0.0.9 is in use, more than 85%. It holds images, containers and volumes: at 100% databases stop.",
    quiet: [disk("151000x60")],
  },
  {
    alert: "DiskFilling",
    // Of 390,000 bytes 200 are written every 5 s: all within 4 h. The quiet one needs 5 h.
    bad: disk("390000-200x80 374000x500"),
    fires: 305,
    recovered: 2200,
    labels: { severity: "warning", ...onNode },
    summary: "The disk of a node fills up",
    description: "At the pace of the last 30 min the disk of the node at 10.0.0.9 is full within 4 h.",
    quiet: [disk("390000-100x120"), disk("900000-500x120")],
  },
  {
    alert: "AddressDown",
    bad: { ...found("1x60"), [probe("probe_success")]: "0x8 1x20", [probe("probe_success", "10.0.0.4")]: "0x20" },
    fires: 30,
    recovered: 45,
    labels: { severity: "critical", ...onProbe },
    summary: "https://example.org/ cannot be used",
    description: "https://example.org/ has not been answered with a success, asked as a user would over every balancer, for 30 s.",
    quiet: [
      { ...found("1x60"), [probe("probe_success")]: "0x20", [probe("probe_success", "10.0.0.4")]: "1x20" },
      { ...found("1x60"), [probe("probe_success")]: "0x5 1x20" },
      // The blackbox exporter is away.
      { ...found("0x60"), [probe("probe_success")]: "1x2 stale" },
    ],
  },
  {
    alert: "AddressDown",
    // The last balancer fails for 10 s, and for over an hour none is found.
    bad: { ...found("1x5 stale _x800 1x20"), [probe("probe_success")]: "1x3 0x1 stale _x800 1x20" },
    fires: 50,
    recovered: 4070,
    labels: { severity: "critical", ...onProbe },
    summary: "https://example.org/ cannot be used",
    description: "No balancer is found that could answer for https://example.org/, for 30 s.",
    quiet: [{ ...found("1x3 stale _x4 1x60"), [probe("probe_success")]: "1x3 stale _x4 1x60" }],
  },
  {
    alert: "BalancerReplicaFails",
    bad: { ...found("1x60"), [probe("probe_success")]: "0x14 1x20", [probe("probe_success", "10.0.0.4")]: "1x40" },
    fires: 60,
    recovered: 75,
    labels: { severity: "warning", replica: "10.0.0.3", ...onProbe },
    summary: "A balancer does not answer for https://example.org/",
    description: "https://example.org/ has failed for 60 s when asked through the balancer at 10.0.0.3; through others it works.",
    quiet: [{ [probe("probe_success")]: "0x40", [probe("probe_success", "10.0.0.4")]: "0x40" }, { [probe("probe_success")]: "0x11 1x20" }],
  },
  {
    alert: "CertificateExpires",
    bad: expiry(`${14 * DAY + 60}x28 ${90 * DAY}x30`),
    fires: 125,
    recovered: 150,
    labels: { severity: "warning", ...onProbe },
    summary: "The certificate of https://example.org/ ends soon",
    description: "The certificate that https://example.org/ shows ends in 13d 23h 58m 55s; after that browsers refuse the site.",
    quiet: [expiry(`${14 * DAY + 600}x60`), expiry(`${2 * DAY}x60`)],
  },
  {
    alert: "CertificateExpiresNow",
    bad: expiry(`${3 * DAY + 60}x14 ${90 * DAY}x30`),
    fires: 60,
    recovered: 80,
    labels: { severity: "critical", ...onProbe },
    summary: "The certificate of https://example.org/ is about to end",
    description: "The certificate that https://example.org/ shows ends in 3d 0h 0m 0s; after that browsers refuse the site.",
    quiet: [
      expiry(`${3 * DAY + 600}x60`),
      // Of a balancer that is gone, whose successor has a new one.
      expiry(`${3 * DAY + 60}x3 stale`, "1x3 stale"),
    ],
  },
  {
    alert: "CertificateExpiresNow",
    // It has ended, so it does not verify and its end is not told any more; an hour and more later there is a new one.
    bad: expiry(`${90 * DAY}x3 60x7 stale _x750 ${90 * DAY}x30`, "1x11 0x750 1x30"),
    fires: 3700,
    step: 3685,
    recovered: 3900,
    labels: { severity: "critical", ...onProbe },
    summary: "The certificate of https://example.org/ is about to end",
    description: "The certificate that https://example.org/ shows has ended; browsers refuse the site.",
    quiet: [],
  },
  {
    alert: "ReceiverUnreachable",
    bad: {
      'alertmanager_notifications_failed_total{tier="observability",workload="testbro-alertmanager",integration="webhook",reason="other"}':
        "0x12 3x150",
    },
    fires: 125,
    recovered: 400,
    labels: { severity: "warning", tier: "observability", workload: "testbro-alertmanager", integration: "webhook" },
    summary: "Alertmanager cannot reach a receiver by webhook",
    description: "3 messages by webhook failed in 5 min. Other receivers are told; Alertmanager's log names the error.",
    quiet: [
      {
        'alertmanager_notifications_failed_total{tier="observability",workload="testbro-alertmanager",integration="webhook",reason="other"}':
          "3x150",
      },
    ],
  },
];
