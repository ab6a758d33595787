import type { AlertCase, Series } from "./case.fixture";

const onBalancer = { tier: "load-balancer", workload: "testbro-traefik" };
const onRoute = { ...onBalancer, route: "api" };

/** A series of one balancer. */
const series = (metric: string, more: string, replica = 2) =>
  `${metric}{tier="load-balancer",workload="testbro-traefik",replica="10.0.1.${replica}",instance="10.0.1.${replica}:8081",job="testbro-traefik"${more}}`;

const requests = (code: string, values: string, router = "api@http", replica = 2): Series => ({
  [series("traefik_router_requests_total", `,router="${router}",service="api@swarm",method="GET",protocol="http",code="${code}"`, replica)]:
    values,
});
const duration = (upTo1: number, protocol = "http"): Series => {
  const bucket = (bound: string) =>
    series(
      "traefik_router_request_duration_seconds_bucket",
      `,router="api@http",service="api@swarm",method="GET",protocol="${protocol}",code="200",le="${bound}"`,
    );
  return {
    ...requests("200", "0+1000x80"),
    [bucket("1")]: `0+${upTo1}x40 ${upTo1 * 40 + 1000}+1000x40`,
    [bucket("2.5")]: "0+1000x80",
    [bucket("+Inf")]: "0+1000x80",
  };
};
const up = (replica: number, server: string) =>
  series("traefik_service_server_up", `,service="api@swarm",url="http://${server}:3001"`, replica);

const reached = (replica: number) =>
  `discovery_source_reached_timestamp_seconds{tier="load-balancer",workload="testbro-traefik-discovery",replica="10.0.1.${replica}",instance="10.0.1.${replica}:8081",source="engine"}`;

/** Cases of the groups `balancer` and `upstreams` where Traefik is the balancer. */
export const TRAEFIK_CASES: AlertCase[] = [
  {
    alert: "RouteErrorRatioHigh",
    // Two balancers, of which one alone would not do; what stands in for the route counts as it.
    bad: {
      ...requests("200", "0+949x80"),
      ...requests("502", "0+26x30 780x50"),
      ...requests("503", "0+25x30 750x50", "api-standin-0@http", 3),
    },
    fires: 65,
    recovered: 190,
    labels: { severity: "critical", ...onRoute },
    summary: "Route api answers with server errors",
    description:
      "5.1% of what clients get from route api are 5xx, more than 5%, for 60 s. Errors the replicas do not count are among them: no replica, a timeout, a connection that broke.",
    quiet: [
      { ...requests("200", "0+951x80"), ...requests("502", "0+49x80") },
      { ...requests("200", "0+949x80"), ...requests("429", "0+51x80") },
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
    // Counted when they end: a WebSocket, and a stream of events.
    quiet: [duration(991), { ...duration(991), ...duration(0, "websocket") }, { ...duration(991), ...duration(0, "sse") }],
  },
  {
    alert: "ManyRequestsLimited",
    bad: { ...requests("200", "0+89x80"), ...requests("429", "0+11x40 440x40") },
    fires: 125,
    recovered: 265,
    labels: { severity: "warning", ...onRoute },
    summary: "Route api refuses many requests",
    description:
      "11% of the requests to route api are refused with 429, more than 10%, for 2 min. An attack, a client in a loop, or a limit that is too low: the access log names the clients.",
    quiet: [{ ...requests("200", "0+91x80"), ...requests("429", "0+9x80") }],
  },
  {
    alert: "RouteWithoutUpstream",
    bad: { ...requests("503", "0+5x10 50x40", "api-unavailable@http"), ...requests("200", "0x10 0+10x40") },
    fires: 20,
    recovered: 85,
    labels: { severity: "critical", ...onRoute },
    summary: "No replica answers route api",
    description:
      "Traefik knows of no replica for route api and answers 503, for 15 s. Its workload does not run, or the discovery does not see it.",
    quiet: [requests("503", "0+5x40"), requests("503", "0x40", "api-unavailable@http")],
  },
  {
    alert: "UpstreamReplicaDown",
    bad: { [up(1, "10.0.0.2")]: "0x8 1x20", [up(2, "10.0.0.2")]: "1x40", [up(1, "10.0.0.3")]: "1x40" },
    fires: 30,
    recovered: 45,
    labels: { severity: "warning", ...onBalancer, service: "api@swarm", url: "http://10.0.0.2:3001" },
    summary: "A replica of api@swarm fails Traefik's checks",
    description:
      "Replica http://10.0.0.2:3001 of api@swarm has failed Traefik's checks, or requests, for 30 s and gets no requests. Its own log names the reason.",
    quiet: [{ [up(1, "10.0.0.2")]: "0x5 1x20" }, { [up(1, "10.0.0.2")]: "0x5 stale" }],
  },
  {
    alert: "UpstreamAllReplicasDown",
    bad: { [up(1, "10.0.0.2")]: "0x6 1x20", [up(1, "10.0.0.3")]: "0x20", [up(2, "10.0.0.2")]: "1x40" },
    fires: 10,
    recovered: 35,
    labels: { severity: "critical", ...onBalancer, service: "api@swarm" },
    summary: "Every replica of api@swarm fails Traefik's checks",
    description:
      "No replica of api@swarm has passed Traefik's checks for 10 s, so it answers 503. Look at what the replicas share first: the database, the cache, the last release.",
    quiet: [{ [up(1, "10.0.0.2")]: "0x20", [up(1, "10.0.0.3")]: "1x20" }, { [up(1, "10.0.0.2")]: "0 1x20" }],
  },
  {
    alert: "BalancerSourceAway",
    // Reached at 20 s for the last time, then from 370 s on.
    bad: { [reached(2)]: "0+5x4 20x69 370+5x20", [reached(3)]: "0+5x100" },
    fires: 355,
    recovered: 380,
    labels: { severity: "warning", ...onBalancer, workload: "testbro-traefik-discovery", source: "engine" },
    summary: "testbro-traefik-discovery does not reach its engine",
    description:
      "Traefik's discovery has not read its engine for 5m 35s. Traefik goes on with what it knows: new replicas get no requests, and renewed certificates do not arrive.",
    quiet: [{ [reached(2)]: "0+5x4 20x60 320+5x40" }],
  },
];
