import { app, exporter, onBackend, replicaLabels, self, type AlertCase, type Series } from "./case.fixture";

const requests = (status: string, values: string, route = "/api/runs"): Series => ({
  [app(2, "testbro_http_requests_total", `,status="${status}",route="${route}"`)]: values,
});
const duration = (upTo1: number): Series => ({
  ...requests("200", "0+1000x80"),
  [app(2, "testbro_http_request_duration_seconds_bucket", ',le="1"')]: `0+${upTo1}x40 ${upTo1 * 40 + 1000}+1000x40`,
  [app(2, "testbro_http_request_duration_seconds_bucket", ',le="2.5"')]: "0+1000x80",
  [app(2, "testbro_http_request_duration_seconds_bucket", ',le="+Inf"')]: "0+1000x80",
});
const backup = (values: string): Series => ({
  'testbro_backup_last_success_timestamp_seconds{tier="data",workload="backup",replica="10.0.0.7",store="postgres"}': values,
});
const queue = (values: string): Series => ({ [app(2, "testbro_queue_jobs", ',queue="runs",state="waiting"')]: values });
const connections = (active: string): Series => ({
  [exporter("postgres", "pg_stat_activity_count", ',state="active"')]: active,
  [exporter("postgres", "pg_stat_activity_count", ',state="idle"')]: "100x60",
  [exporter("postgres", "pg_settings_max_connections")]: "200x60",
});
const memory = (used: string): Series => ({
  [exporter("redis", "redis_memory_used_bytes")]: used,
  [exporter("redis", "redis_memory_max_bytes")]: "100x60",
});

/** Cases of the groups availability, traffic, stores and monitoring. */
export const APP_CASES: AlertCase[] = [
  {
    alert: "TargetDown",
    bad: { [app(2, "up")]: "0x8 1x20" },
    fires: 30,
    recovered: 45,
    labels: { severity: "warning", ...replicaLabels },
    summary: "A replica of testbro-backend does not answer",
    description: "Replica 10.0.0.2 of testbro-backend has not answered a scrape for 30 s. It hangs, or the network to it is gone.",
    quiet: [{ [app(2, "up")]: "0x5 1x20" }, { [app(2, "up")]: "1x20" }],
  },
  {
    alert: "ReplicasBelowMinimum",
    bad: { [app(2, "up")]: "1x40", [app(3, "up")]: "0x15 1x20" },
    fires: 60,
    recovered: 80,
    labels: { severity: "critical", ...onBackend },
    summary: "testbro-backend has fewer than 2 replicas",
    description: "1 of at least 2 replicas of testbro-backend answer. Look at why the others stopped and whether new ones can be placed.",
    quiet: [
      { [app(2, "up")]: "1x40", [app(3, "up")]: "1x40" },
      { [app(2, "up")]: "1x40", [app(3, "up")]: "0x11 1x20" },
    ],
  },
  {
    alert: "ReplicaNotReady",
    bad: { [app(2, "testbro_ready")]: "0x14 1x20", [app(3, "testbro_ready")]: "1x40" },
    fires: 60,
    recovered: 75,
    labels: { severity: "warning", ...replicaLabels },
    summary: "A replica of testbro-backend is not ready",
    description:
      "Replica 10.0.0.2 of testbro-backend runs but has not been ready for 60 s; the balancer passes it by. Its readiness answer names the reason.",
    quiet: [{ [app(2, "testbro_ready")]: "0x11 1x20" }],
  },
  {
    alert: "ServiceNotReady",
    bad: { [app(2, "testbro_ready")]: "0x20", [app(3, "testbro_ready")]: "0x6 1x20" },
    fires: 20,
    recovered: 35,
    labels: { severity: "critical", ...onBackend },
    summary: "No replica of testbro-backend is ready",
    description:
      "Every replica of testbro-backend has been unready for 20 s, so requests to it fail. Look at the database and the cache first.",
    quiet: [{ [app(2, "testbro_ready")]: "0x20", [app(3, "testbro_ready")]: "1x20" }, { [app(2, "testbro_ready")]: "0x3 1x20" }],
  },
  {
    alert: "HighErrorRatio",
    bad: { ...requests("200", "0+949x80"), ...requests("503", "0+51x30 1530x50") },
    fires: 65,
    recovered: 190,
    labels: { severity: "critical", ...onBackend },
    summary: "testbro-backend answers with server errors",
    description: "5.1% of the answers of testbro-backend are 5xx, more than 5%, for 60 s. Its logs name the errors.",
    quiet: [
      { ...requests("200", "0+951x80"), ...requests("503", "0+49x80") },
      { ...requests("200", "0+949x80"), ...requests("404", "0+51x80") },
      // Readiness that says no is no failed request, and liveness that says yes no served one.
      { ...requests("200", "0+951x80"), ...requests("503", "0+49x80"), ...requests("503", "0+100x80", "/health/ready") },
      // One failed request in ten seconds and no other: too few to speak of a share.
      requests("503", "0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9"),
    ],
  },
  {
    alert: "HighLatency",
    bad: duration(980),
    fires: 125,
    recovered: 300,
    labels: { severity: "warning", ...onBackend },
    summary: "testbro-backend answers slowly",
    description:
      "1 in 100 answers of testbro-backend takes longer than 1.75s, above 1 s, for 2 min. Compare its CPU with the limit and the database's.",
    quiet: [duration(991)],
  },
  {
    alert: "QueueGrowing",
    bad: queue("101+1x40 100-5x10 50x20"),
    fires: 125,
    recovered: 210,
    labels: { severity: "warning", queue: "runs" },
    summary: "Jobs of queue runs wait longer and longer",
    description: "126 jobs wait in queue runs, more than 100 and growing for 2 min. Add replicas, or find what slows the jobs down.",
    quiet: [queue("200x60"), queue("40+1x60"), queue("300-1x60")],
  },
  {
    alert: "PostgresDown",
    bad: { [exporter("postgres", "pg_up")]: "0x6 1x20" },
    fires: 20,
    recovered: 35,
    labels: { severity: "critical", tier: "data", workload: "testbro-postgres-exporter" },
    summary: "PostgreSQL does not answer",
    description: "testbro-postgres-exporter has not reached PostgreSQL for 20 s. The server's log says why it stopped or refuses.",
    quiet: [{ [exporter("postgres", "pg_up")]: "0x3 1x20" }],
  },
  {
    alert: "PostgresConnectionsHigh",
    bad: connections("81x14 80x30"),
    fires: 60,
    recovered: 75,
    labels: { severity: "warning", workload: "testbro-postgres-exporter" },
    summary: "PostgreSQL runs out of connections",
    description: "90.5% of PostgreSQL's connections are in use, more than 90%. Lower the pools of the replicas or raise max_connections.",
    quiet: [connections("80x60"), connections("100x11 80x30")],
  },
  {
    alert: "RedisDown",
    bad: { [exporter("redis", "redis_up")]: "0x6 1x20" },
    fires: 20,
    recovered: 35,
    labels: { severity: "critical", tier: "data", workload: "testbro-redis-exporter" },
    summary: "Redis does not answer",
    description: "testbro-redis-exporter has not reached Redis for 20 s. The server's log says why it stopped or refuses.",
    quiet: [{ [exporter("redis", "redis_up")]: "0x3 1x20" }],
  },
  {
    alert: "BackupTooOld",
    bad: backup("-93600x14 70x30"),
    fires: 65,
    recovered: 80,
    labels: { severity: "critical", store: "postgres" },
    summary: "postgres has not been backed up for long",
    description:
      "The last good backup of postgres is 1d 2h 1m 5s old, more than 26 h. What has changed since would be lost with the volume.",
    quiet: [backup("-93000x60"), {}],
  },
  {
    alert: "BackupNotTold",
    bad: backup("5x3 stale _x130 5x20"),
    fires: 620,
    recovered: 690,
    labels: { severity: "warning", store: "postgres" },
    summary: "Nobody tells any more whether postgres is backed up",
    description:
      "testbro_backup_last_success_timestamp_seconds of postgres was there and has been gone for 10 min, so an old backup would not be noticed.",
    quiet: [backup("5x3 stale _x110 5x60"), backup("5x200")],
  },
  {
    alert: "RedisMemoryHigh",
    bad: memory("91x14 90x30"),
    fires: 60,
    recovered: 75,
    labels: { severity: "warning", tier: "data", workload: "testbro-redis-exporter" },
    summary: "Redis runs out of memory",
    description:
      "91% of Redis' memory is in use, more than 90%. At 100% it refuses writes. Raise maxMemory and the limit, or look for a queue that is not worked off.",
    quiet: [memory("90x60"), { ...memory("91x60"), [exporter("redis", "redis_memory_max_bytes")]: "0x60" }],
  },
  {
    alert: "RuleEvaluationFails",
    bad: { [self("prometheus_rule_evaluation_failures_total")]: "0x12 3x150" },
    fires: 65,
    recovered: 400,
    labels: { severity: "warning", workload: "testbro-prometheus" },
    summary: "Prometheus cannot evaluate its rules",
    description: "3 rule evaluations failed in 5 min, so an alert may be missing. Prometheus' log names the rule.",
    quiet: [{ [self("prometheus_rule_evaluation_failures_total")]: "7x150" }],
  },
  {
    alert: "NotificationsFail",
    bad: {
      [self("prometheus_notifications_errors_total")]: "0+1x20 20x60",
      [self("prometheus_notifications_dropped_total")]: "0x80",
    },
    fires: 65,
    recovered: 300,
    labels: { severity: "critical", workload: "testbro-prometheus" },
    summary: "Alerts do not reach Alertmanager",
    description: "Prometheus fails to deliver 0.11 alerts a second to Alertmanager, so nobody is told of anything.",
    quiet: [{ [self("prometheus_notifications_errors_total")]: "5x80", [self("prometheus_notifications_dropped_total")]: "2x80" }],
  },
];
