import type { Settings } from "../options";
import type { RecordingRule } from "../rules";

/** Recorded series that alerts, dashboards and scaling share. */
export const RECORDED = {
  /** Requests per second of a workload. */
  requests: "workload:http_requests:rate",
  /** Share of a workload's answers that are 5xx. */
  errorRatio: "workload:http_error_ratio:rate",
  /** 99th percentile of a workload's answer time in seconds. */
  latency: "workload:http_request_duration_seconds:p99",
  /** 5xx answers of a workload per second; 0 where there are none. */
  errors: "workload:http_errors:rate",
  /** Answers of a workload per second that took longer than the latency objective. */
  slow: "workload:http_slow:rate",
  /** Waiting jobs of a queue. */
  queue: "queue:jobs_waiting:max",
  /** CPU of a container as a share of its limit. */
  containerCpu: "container:cpu_limit:ratio",
  /** Memory of a container as a share of its limit. */
  containerMemory: "container:memory_limit:ratio",
  /** Busy share of a node's CPUs. */
  nodeCpu: "node:cpu_busy:ratio",
  /** Share of a node's memory in use. */
  nodeMemory: "node:memory_used:ratio",
  /** Share in use of a node's fullest disk, of those that can be seen: at least of the one that holds images, containers and volumes. */
  disk: "node:disk_used:ratio",
} as const;

/** Below this rate a ratio says little: one failed request of two is 50 %. Requests per second. */
export const FEWEST_REQUESTS = 0.2;

/** A bucket's bound as exporters write it: `1` and `1.0` are one. */
function bound(seconds: number): string {
  return `${seconds}`.replace(".", "\\\\.") + (Number.isInteger(seconds) ? "(\\\\.0)?" : "");
}

/** Leaves out the platform's own questions, which would dilute a share. A metric without the label `route` is taken whole. */
export const NOT_HEALTH = 'route!~"/health(/.*)?"';

/**
 * Seconds a rate looks back: a minute, and never fewer than four scrapes, so that one missed scrape leaves enough samples
 * (Prometheus documentation on rate()).
 */
export function rateWindow(scrapeInterval: number): number {
  return Math.max(60, 4 * scrapeInterval);
}

/** The series of {@link RECORDED}. */
export function recordings({ metricNames, scrapeInterval, objectives }: Settings): RecordingRule[] {
  const window = `${rateWindow(scrapeInterval)}s`;
  const requests = `${metricNames.requests}{${NOT_HEALTH}}`;
  const errors = `${metricNames.requests}{${NOT_HEALTH},status=~"5.."}`;
  const fast = `${metricNames.duration}_bucket{${NOT_HEALTH},le=~"${bound(objectives.latencySeconds)}"}`;
  return [
    { record: RECORDED.requests, expr: `sum by (tier, workload) (rate(${requests}[${window}]))` },
    {
      record: RECORDED.errors,
      // A workload without a single 5xx has no such series; that is 0, not unknown.
      expr: `sum by (tier, workload) (rate(${errors}[${window}])) or ${RECORDED.requests} * 0`,
    },
    { record: RECORDED.errorRatio, expr: `${RECORDED.errors} / (${RECORDED.requests} > 0)` },
    {
      record: RECORDED.slow,
      expr: `${RECORDED.requests} - sum by (tier, workload) (rate(${fast}[${window}]))`,
    },
    {
      record: RECORDED.latency,
      expr: `histogram_quantile(0.99, sum by (tier, workload, le) (rate(${metricNames.duration}_bucket{${NOT_HEALTH}}[${window}])))`,
    },
    { record: RECORDED.queue, expr: `max by (queue) (${metricNames.queue})` },
  ];
}
