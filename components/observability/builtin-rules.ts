import type { MetricsTarget } from "../workload";
import type { Settings } from "./options";
import type { AlertRule, RecordingRule, RuleGroup } from "./rules";

/** Recorded series that alerts, dashboards and scaling share. */
export const RECORDED = {
  /** Requests per second of a workload. */
  requests: "workload:http_requests:rate",
  /** Share of a workload's answers that are 5xx. */
  errorRatio: "workload:http_error_ratio:rate",
  /** 99th percentile of a workload's answer time in seconds. */
  latency: "workload:http_request_duration_seconds:p99",
  /** Waiting jobs of a queue. */
  queue: "queue:jobs_waiting:max",
} as const;

/** Below this rate a ratio says little: one failed request of two is 50 %. Requests per second. */
const FEWEST_REQUESTS = 0.2;

/** Leaves out the platform's own questions, which would dilute a share. A metric without the label `route` is taken whole. */
const NOT_HEALTH = 'route!~"/health(/.*)?"';

/**
 * Seconds a rate looks back: a minute, and never fewer than four scrapes, so that one missed scrape leaves enough samples
 * (Prometheus documentation on rate()).
 */
export function rateWindow(scrapeInterval: number): number {
  return Math.max(60, 4 * scrapeInterval);
}

/** A share as people read it, e.g. 0.07 → "7%". */
function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}

function recordings({ metricNames, scrapeInterval }: Settings): RecordingRule[] {
  const window = `${rateWindow(scrapeInterval)}s`;
  const requests = `${metricNames.requests}{${NOT_HEALTH}}`;
  const errors = `${metricNames.requests}{${NOT_HEALTH},status=~"5.."}`;
  return [
    { record: RECORDED.requests, expr: `sum by (tier, workload) (rate(${requests}[${window}]))` },
    {
      record: RECORDED.errorRatio,
      // A workload without a single 5xx has no such series; its ratio is 0, not unknown.
      expr: `(sum by (tier, workload) (rate(${errors}[${window}])) or ${RECORDED.requests} * 0)` + ` / (${RECORDED.requests} > 0)`,
    },
    {
      record: RECORDED.latency,
      expr: `histogram_quantile(0.99, sum by (tier, workload, le) (rate(${metricNames.duration}_bucket{${NOT_HEALTH}}[${window}])))`,
    },
    { record: RECORDED.queue, expr: `max by (queue) (${metricNames.queue})` },
  ];
}

function belowMinimum({ ref, tier, minimum }: MetricsTarget): AlertRule {
  const name = ref.fullName;
  return {
    alert: "ReplicasBelowMinimum",
    // A replica that is gone has left DNS and so has no `up` at all: count what is there, and nothing counts as 0.
    expr: `(sum(up{workload="${name}"}) or vector(0)) < ${minimum}`,
    forSeconds: 60,
    severity: "critical",
    labels: { tier, workload: name },
    summary: `${name} has fewer than ${minimum} replicas`,
    description: `{{ $value }} of at least ${minimum} replicas of ${name} answer. Look at why the others stopped and whether new ones can be placed.`,
  };
}

function availability(targets: readonly MetricsTarget[], { metricNames }: Settings): RuleGroup {
  return {
    name: "availability",
    rules: [
      {
        alert: "TargetDown",
        expr: "up == 0",
        forSeconds: 30,
        severity: "warning",
        summary: "A replica of {{ $labels.workload }} does not answer",
        description:
          "Replica {{ $labels.replica }} of {{ $labels.workload }} has not answered a scrape for 30 s. It hangs, or the network to it is gone.",
      },
      ...targets.filter(({ minimum }) => minimum > 0).map(belowMinimum),
      {
        alert: "ReplicaNotReady",
        expr: `${metricNames.ready} == 0`,
        forSeconds: 60,
        severity: "warning",
        summary: "A replica of {{ $labels.workload }} is not ready",
        description:
          "Replica {{ $labels.replica }} of {{ $labels.workload }} runs but has not been ready for 60 s; the balancer passes it by. Its readiness answer names the reason.",
      },
      {
        alert: "ServiceNotReady",
        expr: `max by (tier, workload) (${metricNames.ready}) == 0`,
        forSeconds: 20,
        severity: "critical",
        summary: "No replica of {{ $labels.workload }} is ready",
        description:
          "Every replica of {{ $labels.workload }} has been unready for 20 s, so requests to it fail. Look at the database and the cache first.",
      },
    ],
  };
}

function traffic(settings: Settings): RuleGroup {
  const { thresholds } = settings;
  const enough = `and on (tier, workload) ${RECORDED.requests} > ${FEWEST_REQUESTS}`;
  return {
    name: "traffic",
    // In the same group and before the alerts that read them, so that those see this evaluation's values.
    rules: [
      ...recordings(settings),
      {
        alert: "HighErrorRatio",
        expr: `${RECORDED.errorRatio} > ${thresholds.errorRatio} ${enough}`,
        forSeconds: 60,
        severity: "critical",
        summary: "{{ $labels.workload }} answers with server errors",
        description: `{{ $value | humanizePercentage }} of the answers of {{ $labels.workload }} are 5xx, more than ${percent(thresholds.errorRatio)}, for 60 s. Its logs name the errors.`,
      },
      {
        alert: "HighLatency",
        expr: `${RECORDED.latency} > ${thresholds.latencySeconds} ${enough}`,
        forSeconds: 120,
        severity: "warning",
        summary: "{{ $labels.workload }} answers slowly",
        description: `1 in 100 answers of {{ $labels.workload }} takes longer than {{ $value | humanizeDuration }}, above ${thresholds.latencySeconds} s, for 2 min. Compare its CPU with the limit and the database's.`,
      },
      {
        alert: "QueueGrowing",
        expr: `${RECORDED.queue} > ${thresholds.queueJobs} and deriv(${RECORDED.queue}[5m]) > 0`,
        forSeconds: 120,
        severity: "warning",
        summary: "Jobs of queue {{ $labels.queue }} wait longer and longer",
        description: `{{ $value }} jobs wait in queue {{ $labels.queue }}, more than ${thresholds.queueJobs} and growing for 2 min. Add replicas, or find what slows the jobs down.`,
      },
    ],
  };
}

function stores({ thresholds }: Settings): RuleGroup {
  return {
    name: "stores",
    rules: [
      {
        alert: "PostgresDown",
        expr: "pg_up == 0",
        forSeconds: 20,
        severity: "critical",
        summary: "PostgreSQL does not answer",
        description: "{{ $labels.workload }} has not reached PostgreSQL for 20 s. The server's log says why it stopped or refuses.",
      },
      {
        alert: "PostgresConnectionsHigh",
        expr: `sum by (workload) (pg_stat_activity_count) / max by (workload) (pg_settings_max_connections) > ${thresholds.postgresConnections}`,
        forSeconds: 60,
        severity: "warning",
        summary: "PostgreSQL runs out of connections",
        description: `{{ $value | humanizePercentage }} of PostgreSQL's connections are in use, more than ${percent(thresholds.postgresConnections)}. Lower the pools of the replicas or raise max_connections.`,
      },
      {
        alert: "RedisDown",
        expr: "redis_up == 0",
        forSeconds: 20,
        severity: "critical",
        summary: "Redis does not answer",
        description: "{{ $labels.workload }} has not reached Redis for 20 s. The server's log says why it stopped or refuses.",
      },
      {
        alert: "RedisMemoryHigh",
        expr: `redis_memory_used_bytes / (redis_memory_max_bytes > 0) > ${thresholds.redisMemory}`,
        forSeconds: 60,
        severity: "warning",
        summary: "Redis runs out of memory",
        description: `{{ $value | humanizePercentage }} of Redis' memory is in use, more than ${percent(thresholds.redisMemory)}. At 100% it refuses writes. Raise maxMemory and the limit, or look for a queue that is not worked off.`,
      },
    ],
  };
}

function monitoring(alertmanager: boolean): RuleGroup {
  const rules: AlertRule[] = [
    {
      alert: "RuleEvaluationFails",
      expr: "sum by (workload) (increase(prometheus_rule_evaluation_failures_total[5m])) > 0",
      forSeconds: 0,
      severity: "warning",
      summary: "Prometheus cannot evaluate its rules",
      description:
        '{{ printf "%.0f" $value }} rule evaluations failed in 5 min, so an alert may be missing. Prometheus\' log names the rule.',
    },
  ];
  if (alertmanager) {
    rules.push({
      alert: "NotificationsFail",
      expr: "sum by (workload) (rate(prometheus_notifications_errors_total[2m])) + sum by (workload) (rate(prometheus_notifications_dropped_total[2m])) > 0",
      forSeconds: 60,
      severity: "critical",
      summary: "Alerts do not reach Alertmanager",
      description: 'Prometheus fails to deliver {{ printf "%.2f" $value }} alerts a second to Alertmanager, so nobody is told of anything.',
    });
  }
  return { name: "monitoring", rules };
}

/** Every built-in rule for these targets. @param alertmanager whether alerts are sent to one */
export function builtinRules(targets: readonly MetricsTarget[], settings: Settings, alertmanager: boolean): RuleGroup[] {
  return [availability(targets, settings), traffic(settings), stores(settings), monitoring(alertmanager)];
}
