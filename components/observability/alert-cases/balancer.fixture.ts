import type { AlertCase, Series } from "./case.fixture";

const onBalancer = { tier: "load-balancer", workload: "testbro-nginx" };
const onRoute = { ...onBalancer, route: "api" };

/** A series of one balancer's route. */
const series = (metric: string, more = "", route = "api", replica = 2) =>
  `${metric}{tier="load-balancer",workload="testbro-nginx",replica="10.0.1.${replica}",instance="10.0.1.${replica}:8081",job="testbro-nginx",route="${route}"${more}}`;

const requests = (status: string, values: string, replica = 2): Series => ({
  [series("nginx_http_requests_total", `,status="${status}"`, "api", replica)]: values,
});
const attempts = (upstream: string, code: string, values: string): Series => ({
  [series("nginx_upstream_attempts_total", `,upstream="${upstream}:3001",code="${code}"`)]: values,
});
const failed = (upstream: string, values: string): Series => ({
  [series("nginx_upstream_failed_attempts_total", `,upstream="${upstream}:3001"`)]: values,
});
const unavailable = (values: string): Series => ({ [series("nginx_upstream_unavailable_total")]: values });
const limited = (values: string, result = "rejected"): Series => ({
  [series("nginx_http_limited_requests_total", `,limit="rate",result="${result}"`)]: values,
});
const duration = (upTo1: number): Series => ({
  ...requests("200", "0+1000x80"),
  [series("nginx_http_request_duration_seconds_bucket", ',le="1"')]: `0+${upTo1}x40 ${upTo1 * 40 + 1000}+1000x40`,
  [series("nginx_http_request_duration_seconds_bucket", ',le="2.5"')]: "0+1000x80",
  [series("nginx_http_request_duration_seconds_bucket", ',le="+Inf"')]: "0+1000x80",
});

/** What one of two balancers says of a source. */
const source = (name: string, values: string, of = "bundle", replica = 2): Series => ({
  [`nginx_bundle_${name}{tier="load-balancer",workload="testbro-nginx",instance="10.0.1.${replica}:8081",source="${of}"}`]: values,
});

/** A replica of two that fails on each of its four attempts in 5 s, then answers again. */
const [ill, well] = ["10.0.0.3", "10.0.0.4"];

/** Cases of the group `balancer`. */
export const BALANCER_CASES: AlertCase[] = [
  {
    alert: "RouteErrorRatioHigh",
    // Two balancers, of which one alone would not do.
    bad: { ...requests("200", "0+949x80"), ...requests("502", "0+26x30 780x50"), ...requests("504", "0+25x30 750x50", 3) },
    fires: 65,
    recovered: 190,
    labels: { severity: "critical", ...onRoute },
    summary: "Route api answers with server errors",
    description:
      "5.1% of what clients get from route api are 5xx, more than 5%, for 60 s. Errors the replicas do not count are among them: no replica, a timeout, a connection that broke.",
    quiet: [
      { ...requests("200", "0+951x80"), ...requests("502", "0+49x80") },
      { ...requests("200", "0+949x80"), ...requests("429", "0+51x80") },
      requests("502", "0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9"),
    ],
  },
  {
    alert: "RouteLatencyHigh",
    bad: duration(980),
    fires: 125,
    recovered: 300,
    labels: { severity: "warning", ...onRoute },
    summary: "Route api answers slowly",
    description:
      "1 in 100 answers of route api takes clients longer than 1.75s, above 1 s, for 2 min. Compare it with the time spent with replicas: the rest is the balancer and the client's line.",
    quiet: [duration(991)],
  },
  {
    alert: "UpstreamReplicaFailing",
    bad: {
      ...attempts(ill, "5xx", "0+4x20 80x40"),
      ...failed(ill, "0+4x20 80x40"),
      ...attempts(ill, "2xx", "0x20 0+10x40"),
      ...attempts(well, "2xx", "0+20x60"),
      ...failed(well, "0x60"),
    },
    fires: 50,
    recovered: 135,
    labels: { severity: "warning", ...onRoute, upstream: "10.0.0.3:3001" },
    summary: "Replica 10.0.0.3:3001 of route api fails",
    description:
      "100% of the attempts of route api at 10.0.0.3:3001 fail, for 45 s, while its name still leads there. Others answer in its place; look at its log, and why its health check finds it well.",
    quiet: [
      // A replica that is being replaced: failures for 10 s, then it is gone.
      { ...attempts(ill, "5xx", "0+4x2 8x40"), ...failed(ill, "0+4x2 8x40"), ...attempts(well, "2xx", "0+20x60"), ...failed(well, "0x60") },
      // One in ten.
      { ...attempts(ill, "5xx", "0+4x40"), ...failed(ill, "0+4x40"), ...attempts(ill, "2xx", "0+36x40") },
      // One failure every 20 s of few requests.
      { ...attempts(ill, "5xx", "0 0 0 0 1 1 1 1 2 2 2 2 3 3 3 3 4"), ...failed(ill, "0 0 0 0 1 1 1 1 2 2 2 2 3 3 3 3 4") },
      // Errors of the app itself are no failed attempts.
      { ...attempts(ill, "5xx", "0+4x40"), ...failed(ill, "0x40") },
    ],
  },
  {
    alert: "RouteWithoutUpstream",
    bad: {
      ...attempts(ill, "5xx", "0+4x10 40x40"),
      ...failed(ill, "0+4x10 40x40"),
      ...attempts(ill, "2xx", "0x10 0+10x40"),
      ...unavailable("0+5x10 50x40"),
    },
    fires: 20,
    recovered: 60,
    labels: { severity: "critical", ...onRoute },
    summary: "No replica answers route api",
    description:
      "No request to route api has found a replica that answers, for 15 s. Its workload does not run, is not ready, or its name does not resolve.",
    quiet: [
      // One fails, the other serves.
      { ...attempts(ill, "5xx", "0+4x40"), ...failed(ill, "0+4x40"), ...attempts(well, "2xx", "0+1x40"), ...failed(well, "0x40") },
      { ...attempts(ill, "5xx", "0+4x40"), ...failed(ill, "0x40"), ...unavailable("0x40") },
      {},
    ],
  },
  {
    alert: "ManyRequestsLimited",
    bad: { ...requests("200", "0+89x80"), ...requests("429", "0+11x40 440x40"), ...limited("0+11x40 440x40") },
    fires: 125,
    recovered: 265,
    labels: { severity: "warning", ...onRoute },
    summary: "Route api refuses many requests",
    description:
      "11% of the requests to route api are refused with 429, more than 10%, for 2 min. An attack, a client in a loop, or a limit that is too low: the access log names the clients.",
    quiet: [
      { ...requests("200", "0+91x80"), ...requests("429", "0+9x80"), ...limited("0+9x80") },
      { ...requests("200", "0+89x80"), ...limited("0+50x80", "delayed") },
    ],
  },
  {
    alert: "BalancerVersionRefused",
    // One balancer has it, the other does not.
    bad: { ...source("refused", "0x2 1x70 0x20"), ...source("refused", "0x100", "bundle", 3) },
    fires: 315,
    recovered: 370,
    labels: { severity: "warning", ...onBalancer, source: "bundle" },
    summary: "testbro-nginx does not take a new version of its bundle",
    description:
      "A balancer goes on with the version it has, for 5 min: a changed configuration or a renewed certificate does not serve. Its log says why.",
    quiet: [
      // A new release of the service that offers it, whose replicas differ for a while.
      source("refused", "0x2 1x30 0x5 1x20 0x30"),
    ],
  },
  {
    alert: "BalancerSourceAway",
    // Reached at 20 s for the last time, then from 370 s on.
    bad: {
      ...source("reached_timestamp_seconds", "0+5x4 20x69 370+5x20", "overlay"),
      ...source("reached_timestamp_seconds", "0+5x100", "overlay", 3),
    },
    fires: 355,
    recovered: 380,
    labels: { severity: "warning", ...onBalancer, source: "overlay" },
    summary: "testbro-nginx does not reach its overlay",
    description:
      "A balancer has not reached its overlay for 5m 35s. It serves with what it has; a renewed certificate would not arrive. Does the service that offers it run?",
    quiet: [source("reached_timestamp_seconds", "0+5x4 20x60 320+5x40", "overlay")],
  },
  {
    alert: "BalancerCountsLost",
    bad: { [series("nginx_metrics_lost_total", "", "")]: "0 0 0 3x60" },
    fires: 15,
    recovered: 330,
    labels: { severity: "warning", ...onBalancer },
    summary: "testbro-nginx has no memory for its counts",
    description: "3 additions to counts were lost in 5 min, so rates and shares are wrong. Raise `metrics.zoneSize`.",
    quiet: [{ [series("nginx_metrics_lost_total", "", "")]: "3x60" }],
  },
];
