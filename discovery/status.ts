import { createServer, type Server } from "node:http";

/** When each source of what a balancer is told was last read, milliseconds since 1970; undefined: never. */
export type Reached = Record<string, () => number | undefined>;

const METRIC = "discovery_source_reached_timestamp_seconds";

/** Metrics in Prometheus' text format. @param started milliseconds since 1970 */
export function metricsOf(reached: Reached, started: number): string {
  const lines = Object.entries(reached).map(([source, at]) => `${METRIC}{source="${source}"} ${((at() ?? started) / 1000).toFixed(3)}`);
  return [
    `# HELP ${METRIC} When a source of what the balancer is told was last read, Unix time, or the start of the discovery`,
    `# TYPE ${METRIC} gauge`,
    ...lines,
    "",
  ].join("\n");
}

/** Answers /healthz, whatever the sources do (a restart would mend none of them), and /metrics. Plain HTTP: neither tells anything worth hiding. */
export function createStatus(reached: Reached): Server {
  const started = Date.now();
  return createServer((request, response) => {
    const path = request.url?.split("?")[0];
    if (path === "/healthz") response.end("ok\n");
    else if (path === "/metrics") response.setHeader("Content-Type", "text/plain; version=0.0.4").end(metricsOf(reached, started));
    else response.writeHead(404).end();
  });
}
