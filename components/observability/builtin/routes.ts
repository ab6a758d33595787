import type { Thresholds } from "../options";
import type { AlertRule } from "../rules";
import { percent } from "./percent";
import { FEWEST_REQUESTS } from "./recorded";

/** Names of what is recorded of a balancer, each by `tier`, `workload` and `route`. */
export interface RouteSeries {
  /** Requests per second. */
  requests: string;
  /** Share of answers that are 5xx. */
  errorRatio: string;
  /** 99th percentile of the answer time in seconds. */
  latency: string;
  /** Share of requests refused with 429. */
  limitedRatio: string;
}

/** Share of a route's requests refused with 429, above which it is more than a client now and then. */
const LIMITED_SHARE = 0.1;

/** What clients get from routes, whichever balancer it is. */
export function routeAlerts(recorded: RouteSeries, thresholds: Thresholds): AlertRule[] {
  const enough = `and on (tier, workload, route) ${recorded.requests} > ${FEWEST_REQUESTS}`;
  return [
    {
      alert: "RouteErrorRatioHigh",
      expr: `${recorded.errorRatio} > ${thresholds.errorRatio} ${enough}`,
      forSeconds: 60,
      severity: "critical",
      summary: "Route {{ $labels.route }} answers with server errors",
      description: `{{ $value | humanizePercentage }} of what clients get from route {{ $labels.route }} are 5xx, more than ${percent(thresholds.errorRatio)}, for 60 s. Errors the replicas do not count are among them: no replica, a timeout, a connection that broke.`,
    },
    {
      alert: "RouteLatencyHigh",
      expr: `${recorded.latency} > ${thresholds.latencySeconds} ${enough}`,
      forSeconds: 120,
      severity: "warning",
      summary: "Route {{ $labels.route }} answers slowly",
      description: `1 in 100 answers of route {{ $labels.route }} takes clients longer than {{ $value | humanizeDuration }}, above ${thresholds.latencySeconds} s, for 2 min. Compare it with the time spent with replicas: the rest is the balancer and the client's line.`,
    },
    {
      alert: "ManyRequestsLimited",
      expr: `${recorded.limitedRatio} > ${LIMITED_SHARE} ${enough}`,
      forSeconds: 120,
      severity: "warning",
      summary: "Route {{ $labels.route }} refuses many requests",
      description: `{{ $value | humanizePercentage }} of the requests to route {{ $labels.route }} are refused with 429, more than ${percent(LIMITED_SHARE)}, for 2 min. An attack, a client in a loop, or a limit that is too low: the access log names the clients.`,
    },
  ];
}
