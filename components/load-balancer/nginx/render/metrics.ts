import { proberMetrics } from "./health-checks";
import { listen } from "./listen";
import { callLua, inLua } from "./lua";
import { portsOf, RUNTIME_DIRECTORY, type NginxOptions } from "./options";
import { storeGlobals, watchStore } from "./store";
import { block, directive, type Statement } from "./writer";

/** Counting of requests for Prometheus: rates, statuses, times, cache, limits and replicas by route. */
export interface MetricsOptions {
  /** Memory for the counts, shared by the workers; 1m holds about 6000 series. A changed size begins at 0 again. @default "4m" */
  zoneSize?: `${number}${"k" | "m"}`;
}

export const METRICS_DEFAULTS: Required<MetricsOptions> = { zoneSize: "4m" };

/** Route of a request that came to none. */
const NO_ROUTE = "-";

/** Route of what plain HTTP sends to HTTPS. */
const TO_HTTPS = "redirect";

/**
 * What the counters' labels are made of, in the order in which the image's `testbro_metrics.lua` reads it. Nothing in it is for a client
 * to choose, or every request could make series of its own.
 */
const KEY = [
  "$route",
  "$status",
  "$limit_req_status",
  "$limit_conn_status",
  "$upstream_cache_status",
  "$ssl_protocol",
  "$upstream_addr",
  "$upstream_status",
].join("|");

/** What the image's entry point writes of the configuration it fetches (`onChange: "reload"`), as metrics. */
const REPORT = `${RUNTIME_DIRECTORY}/report`;

/** Counting (http level). */
export function metricsGlobals(options: NginxOptions): Statement[] {
  if (options.metrics === false) return [];
  const names = [...options.routes.map(({ name }) => name), NO_ROUTE, ...(options.tls === false ? [] : [TO_HTTPS])];
  return [
    directive("lua_shared_dict", "metrics", options.metrics?.zoneSize ?? METRICS_DEFAULTS.zoneSize),
    block("map", ["", "$metrics_key"], [directive("default", KEY)]),
    ...storeGlobals(options),
    directive(
      "init_worker_by_lua",
      [callLua("testbro_metrics", "start", `{${names.map(inLua).join(", ")}}`), ...watchStore(options)].join(" "),
    ),
    directive("log_by_lua", callLua("testbro_metrics", "log")),
  ];
}

/** Prometheus text (exposition format 0.0.4) of the connection gauges nginx has as variables. */
const GAUGES = [
  ["active", "Open client connections, waiting ones included"],
  ["reading", "Connections on which nginx reads a request header"],
  ["writing", "Connections on which nginx writes a response"],
  ["waiting", "Idle client connections"],
]
  .map(([name, help]) => {
    const metric = `nginx_connections_${name}`;
    return `# HELP ${metric} ${help}\n# TYPE ${metric} gauge\n${metric} $connections_${name}\n`;
  })
  .join("");

/** Health, metrics and stub_status on a port that is never published. */
export function statusServer(options: NginxOptions): Statement {
  const counting = options.metrics !== false;
  return block(
    "server",
    [],
    [
      ...listen(portsOf(options).status),
      directive("access_log", "off"),
      // Its own requests are not counted.
      ...(counting ? [directive("log_by_lua", "return")] : []),
      directive("default_type", "text/plain"),
      block("location", ["=", "/healthz"], [directive("return", 200, "ok\n")]),
      block(
        "location",
        ["=", "/metrics"],
        [
          counting
            ? directive("content_by_lua", callLua("testbro_metrics_text", "answer", inLua(REPORT)))
            : directive("return", 200, GAUGES),
        ],
      ),
      ...proberMetrics(options),
      block("location", ["=", "/stub_status"], [directive("stub_status")]),
      block("location", ["/"], [directive("return", 404)]),
    ],
  );
}

/** What answers the status page. */
export function statusPage(): Statement[] {
  return [directive("content_by_lua", callLua("testbro_status_page", "answer"))];
}
