import type { Settings } from "../options";
import type { RecordingRule, RuleGroup } from "../rules";
import { routeAlerts } from "./routes";
import { rateWindow } from "./recorded";

/** Recorded series of nginx, each by `tier`, `workload` and `route`. */
export const BALANCER_RECORDED = {
  /** Requests per second. */
  requests: "route:nginx_http_requests:rate",
  /** Share of answers that are 5xx. */
  errorRatio: "route:nginx_http_error_ratio:rate",
  /** 99th percentile of the answer time in seconds. */
  latency: "route:nginx_http_request_duration_seconds:p99",
  /** Share of the requests to a cached route that the cache answered. */
  cacheHitRatio: "route:nginx_cache_hit_ratio:rate",
  /** Share of requests refused with 429. */
  limitedRatio: "route:nginx_http_limited_ratio:rate",
} as const;

/** Share of a replica's attempts that fail, above which it is not well. */
const FAILING_SHARE = 0.2;

/** Failed attempts per second of a replica that are no single mishaps. The balancer itself asks a failed one every other second. */
const FAILING_RATE = 0.1;

/** Seconds that a version may go untaken: several attempts, and longer than a new release of the service that offers it takes. */
const REFUSED_SECONDS = 300;

/** Seconds without word from a source of configuration and certificates: longer than its service takes to come back elsewhere. */
export const AWAY_SECONDS = 300;

/** What the cache answered by itself. */
const FROM_CACHE = 'result=~"hit|stale|updating|revalidated"';

const BY_ROUTE = "by (tier, workload, route)";
const BY_REPLICA = "by (tier, workload, route, upstream)";
const SAME_ROUTE = "on (tier, workload, route)";

/** Seconds that look back for a replica's failures: short, so that those of a replica that was replaced are soon over. */
function failureWindow(scrapeInterval: number): number {
  return Math.max(30, 4 * scrapeInterval);
}

function recordings(scrapeInterval: number): RecordingRule[] {
  const rate = (selector: string) => `sum ${BY_ROUTE} (rate(${selector}[${rateWindow(scrapeInterval)}s]))`;
  // What did not happen has no series: its share is 0, not unknown.
  const share = (part: string, whole: string) => `(${rate(part)} or ${whole} * 0) / (${whole} > 0)`;
  const { requests, errorRatio, latency, cacheHitRatio, limitedRatio } = BALANCER_RECORDED;
  return [
    { record: requests, expr: rate("nginx_http_requests_total") },
    { record: errorRatio, expr: share('nginx_http_requests_total{status=~"5.."}', requests) },
    {
      record: latency,
      expr: `histogram_quantile(0.99, sum by (tier, workload, route, le) (rate(nginx_http_request_duration_seconds_bucket[${rateWindow(scrapeInterval)}s])))`,
    },
    { record: cacheHitRatio, expr: share(`nginx_cache_requests_total{${FROM_CACHE}}`, rate("nginx_cache_requests_total")) },
    { record: limitedRatio, expr: share('nginx_http_limited_requests_total{result="rejected"}', requests) },
  ];
}

/** What nginx answers, and the replicas it asks. */
export function balancer({ thresholds, scrapeInterval }: Settings): RuleGroup {
  const window = `${failureWindow(scrapeInterval)}s`;
  const attempts = (by: string) => `sum ${by} (rate(nginx_upstream_attempts_total[${window}]))`;
  const failed = (by: string) => `sum ${by} (rate(nginx_upstream_failed_attempts_total[${window}]))`;
  const unavailable = `sum ${BY_ROUTE} (rate(nginx_upstream_unavailable_total[${window}]))`;
  return {
    name: "balancer",
    rules: [
      ...recordings(scrapeInterval),
      ...routeAlerts(BALANCER_RECORDED, thresholds),
      {
        alert: "UpstreamReplicaFailing",
        expr: `${failed(BY_REPLICA)} / ${attempts(BY_REPLICA)} > ${FAILING_SHARE} and ${failed(BY_REPLICA)} > ${FAILING_RATE}`,
        // Longer than failures of a replica that is just being replaced stay in the window.
        forSeconds: 45,
        severity: "warning",
        summary: "Replica {{ $labels.upstream }} of route {{ $labels.route }} fails",
        description:
          "{{ $value | humanizePercentage }} of the attempts of route {{ $labels.route }} at {{ $labels.upstream }} fail, for 45 s, while its name still leads there. Others answer in its place; look at its log, and why its health check finds it well.",
      },
      {
        alert: "RouteWithoutUpstream",
        expr: `(${unavailable} > 0 or ${failed(BY_ROUTE)} > 0) unless ${SAME_ROUTE} (${attempts(BY_ROUTE)} - ${failed(BY_ROUTE)} > 0.001)`,
        forSeconds: 15,
        severity: "critical",
        summary: "No replica answers route {{ $labels.route }}",
        description:
          "No request to route {{ $labels.route }} has found a replica that answers, for 15 s. Its workload does not run, is not ready, or its name does not resolve.",
      },
      {
        alert: "BalancerVersionRefused",
        expr: "max by (tier, workload, source) (nginx_bundle_refused) > 0",
        forSeconds: REFUSED_SECONDS,
        severity: "warning",
        summary: "{{ $labels.workload }} does not take a new version of its {{ $labels.source }}",
        description: `A balancer goes on with the version it has, for ${REFUSED_SECONDS / 60} min: a changed configuration or a renewed certificate does not serve. Its log says why.`,
      },
      {
        alert: "BalancerSourceAway",
        expr: `max by (tier, workload, source) (time() - nginx_bundle_reached_timestamp_seconds) > ${AWAY_SECONDS}`,
        forSeconds: 30,
        severity: "warning",
        summary: "{{ $labels.workload }} does not reach its {{ $labels.source }}",
        description:
          "A balancer has not reached its {{ $labels.source }} for {{ $value | humanizeDuration }}. It serves with what it has; a renewed certificate would not arrive. Does the service that offers it run?",
      },
      {
        alert: "BalancerCountsLost",
        expr: "sum by (tier, workload) (increase(nginx_metrics_lost_total[5m])) > 0",
        forSeconds: 0,
        severity: "warning",
        summary: "{{ $labels.workload }} has no memory for its counts",
        description:
          '{{ printf "%.0f" $value }} additions to counts were lost in 5 min, so rates and shares are wrong. Raise `metrics.zoneSize`.',
      },
    ],
  };
}
