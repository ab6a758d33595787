import { RECORDED, rateWindow } from "../builtin";
import type { Settings } from "../options";
import type { DashboardDescription, Limits, PanelDescription } from "./describe";

/** A share against a threshold: yellow a little before it. */
function share(threshold: number): Limits {
  return { warning: Number((threshold * 0.85).toFixed(3)), critical: threshold };
}

/** Nodes, containers against their limits, stores, and monitoring itself. */
export function infrastructure(settings: Settings): DashboardDescription {
  const { thresholds } = settings;
  const window = `${rateWindow(settings.scrapeInterval)}s`;
  const chosen = 'service=~"$workload"';
  const perService = (metric: string) => `sum by (service) (rate(${metric}{${chosen}}[${window}]))`;
  const series = (panel: Omit<PanelDescription, "kind">): PanelDescription => ({ kind: "series", ...panel });
  return {
    name: "infrastructure",
    title: "Infrastructure",
    description: "What runs, on what, and how close it is to its limits.",
    variables: [{ name: "workload", label: "Workload", query: "label_values(up, workload)" }],
    rows: [
      {
        title: "Now",
        panels: [
          {
            title: "Replicas that answer",
            description: "By workload, as Prometheus sees them.",
            kind: "states",
            unit: "count",
            queries: [{ expr: 'sum by (workload) (up{workload=~"$workload"})', legend: "{{workload}}" }],
            runbook: "availability.md#replicasbelowminimum",
          },
        ],
      },
      {
        title: "Nodes",
        panels: [
          series({
            title: "CPU",
            description: "Busy share of each node's CPUs.",
            unit: "share",
            queries: [{ expr: RECORDED.nodeCpu, legend: "{{replica}}" }],
            limits: share(thresholds.nodeCpu),
            runbook: "saturation.md#nodecpuhigh",
          }),
          series({
            title: "Memory in use",
            description: "Share of each node's memory that is in use.",
            unit: "share",
            queries: [{ expr: RECORDED.nodeMemory, legend: "{{replica}}" }],
            limits: share(thresholds.nodeMemory),
            runbook: "saturation.md#nodememoryhigh",
          }),
          series({
            title: "Disk and volumes",
            description: "Share in use of each node's fullest disk, among them the one that holds images, containers and volumes.",
            unit: "share",
            queries: [{ expr: RECORDED.disk, legend: "{{replica}}" }],
            limits: share(thresholds.diskUsed),
            runbook: "saturation.md#diskfull",
          }),
          series({
            title: "Load per CPU",
            description: "Processes that run or want to, a minute's mean. Above 1 some wait.",
            unit: "count",
            queries: [
              {
                expr: 'sum by (replica) (node_load1) / count by (replica) (node_cpu_seconds_total{mode="idle"})',
                legend: "{{replica}}",
              },
            ],
            limits: { warning: 1, critical: 4 },
          }),
        ],
      },
      {
        title: "Containers",
        panels: [
          series({
            title: "Memory against the limit",
            description: "At 100% the kernel kills the process.",
            unit: "share",
            queries: [{ expr: `${RECORDED.containerMemory}{${chosen}}`, legend: "{{service}} {{container}}" }],
            limits: share(thresholds.containerMemory),
            runbook: "saturation.md#containermemoryhigh",
          }),
          series({
            title: "CPU against the limit",
            description: "At 100% the container is held back and answers late.",
            unit: "share",
            queries: [{ expr: `${RECORDED.containerCpu}{${chosen}}`, legend: "{{service}} {{container}}" }],
            limits: share(thresholds.containerCpu),
            runbook: "saturation.md#containercpuhigh",
          }),
          series({
            title: "Memory by service",
            description: "What cannot be taken back, all replicas together.",
            unit: "bytes",
            queries: [{ expr: `sum by (service) (container_memory_working_set_bytes{${chosen}})`, legend: "{{service}}" }],
            stacked: true,
          }),
          series({
            title: "CPU by service",
            description: "Cores in use, all replicas together.",
            unit: "cores",
            queries: [{ expr: perService("container_cpu_usage_seconds_total"), legend: "{{service}}" }],
            stacked: true,
          }),
          series({
            title: "Held back by the CPU limit",
            description: "Share of the periods in which a container wanted CPU and was made to wait.",
            unit: "share",
            queries: [
              {
                expr: `${perService("container_cpu_cfs_throttled_periods_total")} / (${perService("container_cpu_cfs_periods_total")} > 0)`,
                legend: "{{service}}",
              },
            ],
            limits: { warning: 0.25, critical: 0.5 },
            runbook: "saturation.md#containercpuhigh",
          }),
          series({
            title: "Network by service",
            description: "Received, and sent below the line.",
            unit: "bytesPerSecond",
            queries: [
              { expr: perService("container_network_receive_bytes_total"), legend: "{{service}} in" },
              { expr: `-${perService("container_network_transmit_bytes_total")}`, legend: "{{service}} out" },
            ],
          }),
          series({
            title: "Healthy containers",
            description: "Containers whose health check passes.",
            unit: "count",
            queries: [{ expr: `sum by (service) (container_healthy{${chosen}})`, legend: "{{service}}" }],
            runbook: "saturation.md#containerunhealthy",
          }),
          series({
            title: "Starts within an hour",
            description: "Containers that run and are younger than an hour. After a release as many as there are; else something restarts.",
            unit: "count",
            queries: [{ expr: `sum by (service) (container_start_time_seconds{${chosen}} > bool time() - 3600)`, legend: "{{service}}" }],
            runbook: "saturation.md#replicasrestart",
          }),
        ],
      },
      {
        title: "PostgreSQL",
        panels: [
          series({
            title: "Connections",
            description: "By state, with the most there may be.",
            unit: "count",
            queries: [
              { expr: "sum by (state) (pg_stat_activity_count)", legend: "{{state}}" },
              { expr: "max(pg_settings_max_connections)", legend: "most" },
            ],
            runbook: "stores.md#postgresconnectionshigh",
          }),
          series({
            title: "Transactions",
            description: "Committed and rolled back per second. Roll-backs are errors of the app, or conflicts.",
            unit: "perSecond",
            queries: [
              {
                expr: `sum by (datname) (rate(pg_stat_database_xact_commit{datname!~"template.*"}[${window}]))`,
                legend: "{{datname}} committed",
              },
              {
                expr: `sum by (datname) (rate(pg_stat_database_xact_rollback{datname!~"template.*"}[${window}]))`,
                legend: "{{datname}} rolled back",
              },
            ],
          }),
          series({
            title: "Reads answered from memory",
            description: "Share of block reads found in shared buffers. Falling: the data has outgrown them.",
            unit: "share",
            queries: [
              {
                expr: `sum(rate(pg_stat_database_blks_hit[${window}])) / (sum(rate(pg_stat_database_blks_hit[${window}])) + sum(rate(pg_stat_database_blks_read[${window}])) > 0)`,
                legend: "hit ratio",
              },
            ],
            limits: { warning: 0.95, critical: 0.8, bad: "below" },
          }),
          series({
            title: "Size",
            description: "Of each database on disk.",
            unit: "bytes",
            queries: [{ expr: 'max by (datname) (pg_database_size_bytes{datname!~"template.*"})', legend: "{{datname}}" }],
            stacked: true,
          }),
        ],
      },
      {
        title: "Redis",
        panels: [
          series({
            title: "Redis' memory",
            description: "In use, and the most there may be. At the limit writes are refused.",
            unit: "bytes",
            queries: [
              { expr: "max by (workload) (redis_memory_used_bytes)", legend: "used" },
              { expr: "max by (workload) (redis_memory_max_bytes)", legend: "most" },
            ],
            runbook: "stores.md#redismemoryhigh",
          }),
          series({
            title: "Commands",
            description: "Per second.",
            unit: "perSecond",
            queries: [{ expr: `sum(rate(redis_commands_processed_total[${window}]))`, legend: "commands" }],
          }),
          series({
            title: "Clients",
            description: "Connected, and waiting in a blocking command (a queue's workers do).",
            unit: "count",
            queries: [
              { expr: "max(redis_connected_clients)", legend: "connected" },
              { expr: "max(redis_blocked_clients)", legend: "blocked" },
            ],
          }),
          series({
            title: "Stores up",
            description: "1 while the exporter reaches the server.",
            unit: "count",
            queries: [
              { expr: "max(pg_up)", legend: "PostgreSQL" },
              { expr: "max(redis_up)", legend: "Redis" },
            ],
            limits: { warning: 1, critical: 1, bad: "below" },
            runbook: "stores.md#postgresdown",
          }),
        ],
      },
      {
        title: "Monitoring itself",
        panels: [
          series({
            title: "Series",
            description: "In Prometheus' memory. It grows with replicas that come and go, and falls every two hours.",
            unit: "count",
            queries: [{ expr: "max(prometheus_tsdb_head_series)", legend: "series" }],
          }),
          series({
            title: "Stored",
            description: "Blocks and write-ahead log on disk.",
            unit: "bytes",
            queries: [
              { expr: "max(prometheus_tsdb_storage_blocks_bytes)", legend: "blocks" },
              { expr: "max(prometheus_tsdb_wal_storage_size_bytes)", legend: "write-ahead log" },
            ],
            stacked: true,
          }),
        ],
      },
    ],
  };
}
