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
  /** Waiting jobs of a queue. */
  queue: "queue:jobs_waiting:max",
} as const;

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
export function recordings({ metricNames, scrapeInterval }: Settings): RecordingRule[] {
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
