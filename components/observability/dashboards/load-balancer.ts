import { rateWindow } from "../builtin";
import type { Settings } from "../options";
import { answerTime, bytes, certificatesRow, noReplicaLeft, nowRow, retries, timeWithReplicas } from "./balancer";
import type { DashboardDescription } from "./describe";

/** What nginx gets, answers, passes on and refuses. */
export function loadBalancer(settings: Settings): DashboardDescription {
  const window = `${rateWindow(settings.scrapeInterval)}s`;
  const chosen = 'route=~"$route"';
  const by = (labels: string, metric: string, more = "") => `sum by (${labels}) (rate(${metric}{${chosen}${more}}[${window}]))`;
  const requests = (more = "") => `sum(rate(nginx_http_requests_total{${chosen}${more}}[${window}]))`;
  const quantile = (q: number, metric: string) =>
    `histogram_quantile(${q}, sum by (le, route) (rate(${metric}_bucket{${chosen}}[${window}])))`;
  /** What did not happen has no series: that is 0, not unknown. */
  const orZero = (expr: string) => `${expr} or ${by("route", "nginx_http_requests_total")} * 0`;
  return {
    name: "load-balancer",
    title: "Load balancer",
    description: "Everything users ask for comes through here: what of it is answered, how fast, by whom, and what is refused.",
    variables: [{ name: "route", label: "Route", query: "label_values(nginx_http_requests_total, route)" }],
    rows: [
      nowRow(settings, requests(), requests(',status=~"5.."')),
      {
        title: "Requests",
        panels: [
          {
            title: "Requests by route",
            description: "`redirect`: plain HTTP sent to HTTPS; `-`: no route, e.g. an unknown host.",
            kind: "series",
            unit: "requests",
            queries: [{ expr: by("route", "nginx_http_requests_total"), legend: "{{route}}" }],
            stacked: true,
          },
          {
            title: "Answers by status",
            description: "429: refused by a limit. 499: the client left. 502 and 504: no replica answered in time.",
            kind: "series",
            unit: "requests",
            queries: [{ expr: by("status", "nginx_http_requests_total"), legend: "{{status}}" }],
            stacked: true,
          },
          answerTime(settings, "From the first byte of the request to the last of the answer, the client's own slowness included.", {
            expr: quantile(0.99, "nginx_http_request_duration_seconds"),
            legend: "{{route}}",
          }),
          timeWithReplicas({ expr: quantile(0.99, "nginx_http_upstream_duration_seconds"), legend: "{{route}}" }),
          bytes(by("route", "nginx_http_response_bytes_total"), by("route", "nginx_http_request_bytes_total")),
          {
            title: "Connections",
            description: "Open ones: read from, written to, kept for the next request.",
            kind: "series",
            unit: "count",
            queries: ["reading", "writing", "waiting"].map((state) => ({ expr: `sum(nginx_connections_${state})`, legend: state })),
            stacked: true,
          },
        ],
      },
      {
        title: "Replicas behind it",
        panels: [
          {
            title: "Attempts by replica",
            description: "Questions to each replica. A line that ends: it left, or is left out.",
            kind: "series",
            unit: "requests",
            queries: [{ expr: by("route, upstream", "nginx_upstream_attempts_total"), legend: "{{route}} {{upstream}}" }],
          },
          {
            title: "Failed attempts by replica",
            description: "Not answered, answered 502, 503 or 504, or followed by another attempt.",
            kind: "series",
            unit: "requests",
            queries: [{ expr: orZero(by("route, upstream", "nginx_upstream_failed_attempts_total")), legend: "{{route}} {{upstream}}" }],
            runbook: "availability.md#replicanotready",
          },
          retries({ expr: orZero(by("route", "nginx_upstream_retries_total")), legend: "{{route}}" }),
          noReplicaLeft(orZero(by("route", "nginx_upstream_unavailable_total"))),
        ],
      },
      {
        title: "Probes of replicas",
        panels: [
          {
            title: "Replicas in use",
            description: "Of each target: those that pass the balancers' probes, and those that DNS names. One balancer's view, the worst.",
            kind: "series",
            unit: "count",
            queries: [
              { expr: "min by (target) (sum by (target, instance) (nginx_upstream_replica_up))", legend: "{{target}} in use" },
              { expr: "max by (target) (count by (target, instance) (nginx_upstream_replica_up))", legend: "{{target}} named" },
            ],
            runbook: "upstreams.md#upstreamreplicadown",
          },
          {
            title: "Taken in and left out",
            description: "Replicas within 5 min, by direction. A release moves each once; more is a replica that comes and goes.",
            kind: "series",
            unit: "count",
            queries: [
              {
                expr: "sum by (target, to) (increase(nginx_upstream_replica_transitions_total[5m])) or max by (target) (nginx_upstream_fail_open) * 0",
                legend: "{{target}} {{to}}",
              },
            ],
            runbook: "upstreams.md#upstreamreplicadown",
          },
          {
            title: "Probe time, 99th percentile",
            description: "Of every probe, failed ones included: rising before replicas fail, it is load.",
            kind: "series",
            unit: "seconds",
            queries: [
              {
                expr: `histogram_quantile(0.99, sum by (le, target) (rate(nginx_upstream_probe_seconds_bucket[${window}])))`,
                legend: "{{target}}",
              },
            ],
          },
          {
            title: "Every replica fails",
            description: "1 while all replicas of a target fail their probes and are therefore all used.",
            kind: "series",
            unit: "count",
            queries: [{ expr: "max by (target) (nginx_upstream_fail_open)", legend: "{{target}}" }],
            limits: { warning: 1, critical: 1 },
            runbook: "upstreams.md#upstreamallreplicasdown",
          },
        ],
      },
      certificatesRow(settings),
      {
        title: "Cache, limits, TLS",
        panels: [
          {
            title: "Cache",
            description: "Requests to cached routes by what the cache had; none where nothing is cached.",
            kind: "series",
            unit: "requests",
            queries: [{ expr: orZero(by("route, result", "nginx_cache_requests_total")), legend: "{{route}} {{result}}" }],
          },
          {
            title: "Limited",
            description: "Refused (429) or delayed by a rate or connection limit.",
            kind: "series",
            unit: "requests",
            queries: [
              { expr: orZero(by("route, limit, result", "nginx_http_limited_requests_total")), legend: "{{route}} {{limit}} {{result}}" },
            ],
          },
          {
            title: "TLS versions",
            description: "Requests over TLS by version.",
            kind: "series",
            unit: "requests",
            queries: [{ expr: `sum by (protocol) (rate(nginx_tls_requests_total[${window}]))`, legend: "{{protocol}}" }],
            stacked: true,
          },
          {
            title: "Time of a question from outside",
            description: "Connecting, TLS, waiting and reading, of the questions that are asked as a user would.",
            kind: "series",
            unit: "seconds",
            queries: [{ expr: "avg by (phase) (probe_http_duration_seconds)", legend: "{{phase}}" }],
            stacked: true,
          },
        ],
      },
    ],
  };
}
