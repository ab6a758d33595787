import type { Settings } from "../options";
import type { RecordingRule, RuleGroup } from "../rules";
import { AWAY_SECONDS } from "./balancer";
import { rateWindow } from "./recorded";
import { routeAlerts } from "./routes";

/** Recorded series of Traefik, each by `tier`, `workload` and `route`. */
export const TRAEFIK_RECORDED = {
  /** Requests per second. */
  requests: "route:traefik_requests:rate",
  /** Share of answers that are 5xx. */
  errorRatio: "route:traefik_error_ratio:rate",
  /** 99th percentile of the answer time in seconds. */
  latency: "route:traefik_request_duration_seconds:p99",
  /** Share of requests refused with 429. */
  limitedRatio: "route:traefik_limited_ratio:rate",
} as const;

/** Gauge: 1 while a replica passes Traefik's checks and does not fail requests. */
const UP = "traefik_service_server_up";

/** Routers that stand in for a route whose replicas are all gone; the first of them answers 503. */
const UNAVAILABLE = "-unavailable";
const STAND_IN = `${UNAVAILABLE}|-standin-[0-9]+`;

const BY_ROUTE = "by (tier, workload, route)";

/**
 * Leaves out what is counted when the connection ends and lasted as long as the client wanted: a WebSocket, and a stream of events, which Traefik
 * knows by what the client accepts.
 */
export const NO_STREAM = 'protocol!~"websocket|sse"';

/** The same with the route's name as a label, which Traefik gives as `api@http` or `api-unavailable@http`. */
export function withRoute(expr: string): string {
  return `label_replace(${expr}, "route", "\${1}", "router", "(.+?)(${STAND_IN})?@.+")`;
}

function recordings(scrapeInterval: number): RecordingRule[] {
  const window = `${rateWindow(scrapeInterval)}s`;
  const rate = (selector: string, by = BY_ROUTE) => `sum ${by} (${withRoute(`rate(${selector}[${window}])`)})`;
  const { requests, errorRatio, latency, limitedRatio } = TRAEFIK_RECORDED;
  // What did not happen has no series: its share is 0, not unknown.
  const share = (selector: string) => `(${rate(selector)} or ${requests} * 0) / (${requests} > 0)`;
  return [
    { record: requests, expr: rate("traefik_router_requests_total") },
    { record: errorRatio, expr: share('traefik_router_requests_total{code=~"5.."}') },
    {
      record: latency,
      expr: `histogram_quantile(0.99, ${rate(`traefik_router_request_duration_seconds_bucket{${NO_STREAM}}`, "by (tier, workload, route, le)")})`,
    },
    { record: limitedRatio, expr: share('traefik_router_requests_total{code="429"}') },
  ];
}

/** What Traefik answers. */
export function traefik({ thresholds, scrapeInterval }: Settings): RuleGroup {
  const window = `${Math.max(30, 4 * scrapeInterval)}s`;
  const standsIn = withRoute(`rate(traefik_router_requests_total{router=~".+${UNAVAILABLE}@.+"}[${window}])`);
  return {
    name: "balancer",
    rules: [
      ...recordings(scrapeInterval),
      ...routeAlerts(TRAEFIK_RECORDED, thresholds),
      {
        alert: "RouteWithoutUpstream",
        expr: `sum ${BY_ROUTE} (${standsIn}) > 0`,
        forSeconds: 15,
        severity: "critical",
        summary: "No replica answers route {{ $labels.route }}",
        description:
          "Traefik knows of no replica for route {{ $labels.route }} and answers 503, for 15 s. Its workload does not run, or the discovery does not see it.",
      },
      {
        alert: "BalancerSourceAway",
        expr: `max by (tier, workload, source) (time() - discovery_source_reached_timestamp_seconds) > ${AWAY_SECONDS}`,
        forSeconds: 30,
        severity: "warning",
        summary: "{{ $labels.workload }} does not reach its {{ $labels.source }}",
        description:
          "Traefik's discovery has not read its {{ $labels.source }} for {{ $value | humanizeDuration }}. Traefik goes on with what it knows: new replicas get no requests, and renewed certificates do not arrive.",
      },
    ],
  };
}

/** What Traefik finds of the replicas it leads to. */
export function traefikUpstreams(): RuleGroup {
  return {
    name: "upstreams",
    rules: [
      {
        alert: "UpstreamReplicaDown",
        // As soon as one of several balancers finds it so.
        expr: `min by (tier, workload, service, url) (${UP}) == 0`,
        forSeconds: 30,
        severity: "warning",
        summary: "A replica of {{ $labels.service }} fails Traefik's checks",
        description:
          "Replica {{ $labels.url }} of {{ $labels.service }} has failed Traefik's checks, or requests, for 30 s and gets no requests. Its own log names the reason.",
      },
      {
        alert: "UpstreamAllReplicasDown",
        expr: `min by (tier, workload, service) (max by (tier, workload, service, instance) (${UP})) == 0`,
        forSeconds: 10,
        severity: "critical",
        summary: "Every replica of {{ $labels.service }} fails Traefik's checks",
        description:
          "No replica of {{ $labels.service }} has passed Traefik's checks for 10 s, so it answers 503. Look at what the replicas share first: the database, the cache, the last release.",
      },
    ],
  };
}
