import { NOT_HEALTH, RECORDED, rateWindow } from "../builtin";
import type { Settings } from "../options";
import type { DashboardDescription, PanelDescription } from "./describe";

/** Rate, errors and times of the app's answers, its sockets and its queue. */
export function application(settings: Settings): DashboardDescription {
  const { metricNames, thresholds, objectives } = settings;
  const { requests, duration, ready, queue } = metricNames;
  const window = `${rateWindow(settings.scrapeInterval)}s`;
  const chosen = 'workload=~"$workload"';
  const selected = `${chosen},route=~"$route",${NOT_HEALTH}`;
  const rate = (labels: string, more = "") => `sum by (${labels}) (rate(${requests}{${selected}${more}}[${window}]))`;
  const quantile = (q: number, labels = "") =>
    `histogram_quantile(${q}, sum by (${["le", ...(labels ? [labels] : [])].join(", ")}) (rate(${duration}_bucket{${selected}}[${window}])))`;
  const errors: PanelDescription["limits"] = { warning: thresholds.errorRatio / 5, critical: thresholds.errorRatio };
  const slow: PanelDescription["limits"] = { warning: objectives.latencySeconds, critical: thresholds.latencySeconds };
  const toContainers = { dashboard: "infrastructure", variables: { workload: "workload" } } as const;
  const toBalancer = { dashboard: "load-balancer", variables: {} } as const;
  return {
    name: "application",
    title: "Application performance",
    description: "What users get: how much, how fast, how well. Begin here; a click on a series leads to its containers.",
    variables: [
      { name: "workload", label: "Workload", query: `label_values(${requests}, workload)` },
      { name: "route", label: "Route", query: `label_values(${requests}{workload=~"$workload"}, route)` },
    ],
    rows: [
      {
        title: "Now",
        panels: [
          {
            title: "Requests",
            description: "Answered requests per second, the platform's health checks left out.",
            kind: "stat",
            unit: "requests",
            queries: [{ expr: `sum(${RECORDED.requests}{${chosen}})`, legend: "requests" }],
          },
          {
            title: "Success rate",
            description: "Share of answers without a server error.",
            kind: "stat",
            unit: "share",
            queries: [{ expr: `1 - sum(${RECORDED.errors}{${chosen}}) / (sum(${RECORDED.requests}{${chosen}}) > 0)`, legend: "success" }],
            limits: { warning: objectives.availability, critical: 1 - thresholds.errorRatio, bad: "below" },
            runbook: "traffic.md#higherrorratio",
          },
          {
            title: "99th percentile",
            description: "1 in 100 answers takes longer.",
            kind: "stat",
            unit: "seconds",
            queries: [{ expr: `max(${RECORDED.latency}{${chosen}})`, legend: "p99" }],
            limits: slow,
            runbook: "traffic.md#highlatency",
          },
          {
            title: "Failures against the promise, 1 h",
            description: `Share of failed requests in the last hour over the ${((1 - objectives.availability) * 100).toFixed(2)}% that are allowed: 1 uses up the budget exactly, 14.4 alerts.`,
            kind: "stat",
            unit: "count",
            queries: [
              {
                expr: `max(workload:http_error_ratio:avg1h{${chosen}}) / ${Number((1 - objectives.availability).toFixed(6))}`,
                legend: "burn rate",
              },
            ],
            limits: { warning: 1, critical: 14.4 },
            runbook: "objectives.md#availabilityburnsfast",
          },
          {
            title: "Replicas ready",
            description: "Replicas that take requests.",
            kind: "stat",
            unit: "count",
            queries: [{ expr: `sum by (workload) (${ready}{${chosen}})`, legend: "{{workload}}" }],
            limits: { warning: 2, critical: 1, bad: "below" },
            runbook: "availability.md#replicanotready",
          },
          {
            title: "Firing alerts",
            description: "Of everything, not only of what is chosen.",
            kind: "stat",
            unit: "count",
            queries: [{ expr: 'count(ALERTS{alertstate="firing"}) or vector(0)', legend: "alerts" }],
            limits: { warning: 1, critical: 3 },
          },
        ],
      },
      {
        title: "Traffic",
        panels: [
          {
            title: "Requests by route",
            description: "Which part of the app is used.",
            kind: "series",
            unit: "requests",
            queries: [{ expr: rate("workload, route"), legend: "{{workload}} {{route}}" }],
            stacked: true,
            more: toBalancer,
          },
          {
            title: "Requests by replica",
            description: "Uneven lines: the balancer prefers one, or one has just come.",
            kind: "series",
            unit: "requests",
            queries: [{ expr: rate("workload, replica"), legend: "{{workload}} {{replica}}" }],
            more: toContainers,
          },
          {
            title: "Answers by status",
            description: "2xx and 3xx are well, 4xx are the client's, 5xx are ours.",
            kind: "series",
            unit: "requests",
            queries: [{ expr: rate("status"), legend: "{{status}}" }],
            stacked: true,
          },
          {
            title: "Requests in flight",
            description: "Being answered now. Growing at the same rate of requests: answers have become slower.",
            kind: "series",
            unit: "count",
            queries: [
              { expr: `sum by (workload, replica) (testbro_http_requests_in_flight{${chosen}})`, legend: "{{workload}} {{replica}}" },
            ],
            more: toContainers,
          },
        ],
      },
      {
        title: "Latency",
        panels: [
          {
            title: "Percentiles",
            description: "Half, 5 and 1 in 100 answers take longer.",
            kind: "series",
            unit: "seconds",
            queries: [
              { expr: quantile(0.5), legend: "p50" },
              { expr: quantile(0.95), legend: "p95" },
              { expr: quantile(0.99), legend: "p99" },
            ],
            limits: slow,
            runbook: "traffic.md#highlatency",
          },
          {
            title: "99th percentile by route",
            description: "One route alone: look at what it asks of the stores. All: look at CPU and at the stores.",
            kind: "series",
            unit: "seconds",
            queries: [{ expr: quantile(0.99, "workload, route"), legend: "{{workload}} {{route}}" }],
            limits: slow,
            more: toContainers,
          },
          {
            title: "99th percentile by replica",
            description: "One replica alone: its node, or a request that takes all of it.",
            kind: "series",
            unit: "seconds",
            queries: [{ expr: quantile(0.99, "workload, replica"), legend: "{{workload}} {{replica}}" }],
            limits: slow,
            more: toContainers,
          },
          {
            title: "Slower than promised",
            description: `Share of answers above ${objectives.latencySeconds} s; promised is at most ${((1 - objectives.latency) * 100).toFixed(2)}%.`,
            kind: "series",
            unit: "share",
            queries: [{ expr: `${RECORDED.slow}{${chosen}} / (${RECORDED.requests}{${chosen}} > 0)`, legend: "{{workload}}" }],
            limits: { warning: 1 - objectives.latency, critical: (1 - objectives.latency) * 14.4 },
            runbook: "objectives.md#latencyburnsfast",
          },
        ],
      },
      {
        title: "Errors",
        panels: [
          {
            title: "Error ratio",
            description: "Share of answers that are 5xx.",
            kind: "series",
            unit: "share",
            queries: [{ expr: `${RECORDED.errorRatio}{${chosen}}`, legend: "{{workload}}" }],
            limits: errors,
            runbook: "traffic.md#higherrorratio",
            more: toContainers,
          },
          {
            title: "Server errors by route",
            description: "5xx per second. 500: a defect. 503: a store is away.",
            kind: "series",
            unit: "requests",
            queries: [
              {
                expr: `${rate("workload, route, status", ',status=~"5.."')} or ${RECORDED.errors}{${chosen}} * 0`,
                legend: "{{workload}} {{route}} {{status}}",
              },
            ],
            runbook: "traffic.md#higherrorratio",
          },
        ],
      },
      {
        title: "Sockets and queue",
        panels: [
          {
            title: "Open WebSockets",
            description: "By replica.",
            kind: "series",
            unit: "count",
            queries: [
              { expr: `sum by (workload, replica) (testbro_websocket_connections{${chosen}})`, legend: "{{workload}} {{replica}}" },
            ],
            stacked: true,
          },
          {
            title: "Queue",
            description: "Jobs by state. Waiting ones that grow need more replicas; failed ones need a look.",
            kind: "series",
            unit: "count",
            queries: [{ expr: `max by (queue, state) (${queue.replace(/\{.*$/, "")})`, legend: "{{queue}} {{state}}" }],
            limits: { warning: thresholds.queueJobs, critical: 10 * thresholds.queueJobs },
            runbook: "traffic.md#queuegrowing",
          },
        ],
      },
    ],
  };
}
