import { NO_STREAM, rateWindow, withRoute } from "../builtin";
import type { Settings } from "../options";
import { answerTime, bytes, certificatesRow, noReplicaLeft, nowRow, retries, timeWithReplicas } from "./balancer";
import type { DashboardDescription, RowDescription } from "./describe";

/** What Traefik gets, answers, passes on and refuses. */
export function traefikBalancer(settings: Settings): DashboardDescription {
  const window = `${rateWindow(settings.scrapeInterval)}s`;
  const chosen = 'router=~"($route)(-unavailable|-standin-[0-9]+)?@.+"';
  const rate = (metric: string, more = "") => withRoute(`rate(${metric}{${chosen}${more}}[${window}])`);
  const by = (labels: string, metric: string, more = "") => `sum by (${labels}) (${rate(metric, more)})`;
  const services = (labels: string, metric: string) => `sum by (${labels}) (rate(${metric}[${window}]))`;
  const withoutStreams = "WebSockets and streams of events are left out.";
  const all = (more = "") => `sum(rate(traefik_router_requests_total{${chosen}${more}}[${window}]))`;
  /** What did not happen has no series: that is 0, not unknown. */
  const orZero = (expr: string) => `${expr} or ${by("route", "traefik_router_requests_total")} * 0`;
  const requests: RowDescription = {
    title: "Requests",
    panels: [
      {
        title: "Requests by route",
        description: "`redirect`: plain HTTP sent to HTTPS; `not-found` and `strangers`: no route, e.g. an unknown host.",
        kind: "series",
        unit: "requests",
        queries: [{ expr: by("route", "traefik_router_requests_total"), legend: "{{route}}" }],
        stacked: true,
      },
      {
        title: "Answers by status",
        description:
          "429: refused by a limit. 499: the client left. 502 and 504: no replica answered in time. 503: there is none. 0: a WebSocket.",
        kind: "series",
        unit: "requests",
        queries: [{ expr: by("code", "traefik_router_requests_total"), legend: "{{code}}" }],
        stacked: true,
      },
      answerTime(
        settings,
        `From the request's head to the last byte of the answer, the client's own slowness included. ${withoutStreams}`,
        {
          expr: `histogram_quantile(0.99, ${by("le, route", "traefik_router_request_duration_seconds_bucket", `,${NO_STREAM}`)})`,
          legend: "{{route}}",
        },
      ),
      timeWithReplicas({
        expr: `histogram_quantile(0.99, ${services("le, service", `traefik_service_request_duration_seconds_bucket{${NO_STREAM}}`)})`,
        legend: "{{service}}",
      }),
      bytes(by("route", "traefik_router_responses_bytes_total"), by("route", "traefik_router_requests_bytes_total")),
      {
        title: "Connections",
        description: "Open ones by entry point.",
        kind: "series",
        unit: "count",
        queries: [{ expr: "sum by (entrypoint) (traefik_open_connections)", legend: "{{entrypoint}}" }],
      },
    ],
  };
  const replicas: RowDescription = {
    title: "Replicas",
    panels: [
      {
        title: "Replicas that work",
        description: "By service: those that pass Traefik's checks.",
        kind: "series",
        unit: "count",
        queries: [{ expr: "sum by (service) (min by (service, url) (traefik_service_server_up))", legend: "{{service}}" }],
        runbook: "upstreams.md#upstreamreplicadown",
      },
      retries({ expr: `${services("service", "traefik_service_retries_total")} or vector(0)`, legend: "{{service}}" }),
      noReplicaLeft(orZero(by("route", "traefik_router_requests_total", ',code="503"'))),
      {
        title: "Limited",
        description: "Refused (429) by a rate or connection limit.",
        kind: "series",
        unit: "requests",
        queries: [{ expr: orZero(by("route", "traefik_router_requests_total", ',code="429"')), legend: "{{route}}" }],
      },
    ],
  };
  return {
    name: "load-balancer",
    title: "Load balancer",
    description: "Everything users ask for comes through here: what of it is answered, how fast, by whom, and what is refused.",
    variables: [{ name: "route", label: "Route", query: "label_values(route:traefik_requests:rate, route)" }],
    rows: [nowRow(settings, all(), all(',code=~"5.."')), requests, replicas, certificatesRow(settings)],
  };
}
