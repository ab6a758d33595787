import { createServer, type Server } from "node:http";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * The metrics of one service. Labels are bounded: method and status are small sets, a route is its template (`/api/runs/:id`),
 * and whatever matches no route is `unmatched`, so that a scanner cannot fill the metrics store.
 */
export class ServiceMetrics {
  readonly registry = new Registry();
  readonly #requests: Counter<"method" | "route" | "status">;
  readonly #durations: Histogram<"method" | "route" | "status">;
  /** Requests being answered now. */
  readonly inFlight: Gauge;

  /** @param ready read at every scrape for `testbro_ready` */
  constructor(service: string, version: string, ready: () => boolean) {
    const { registry } = this;
    registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: registry });
    const registers = [registry];
    this.#requests = new Counter({
      name: "testbro_http_requests_total",
      help: "Requests answered",
      labelNames: ["method", "route", "status"],
      registers,
    });
    this.#durations = new Histogram({
      name: "testbro_http_request_duration_seconds",
      help: "Time from the request's arrival to the end of its answer",
      labelNames: ["method", "route", "status"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.inFlight = new Gauge({ name: "testbro_http_requests_in_flight", help: "Requests being answered now", registers });
    new Gauge({ name: "testbro_build_info", help: "Always 1; the label says what runs", labelNames: ["version"], registers }).set(
      { version },
      1,
    );
    this.gauge("testbro_ready", "1 when this replica is ready for requests", () => (ready() ? 1 : 0));
  }

  /** Counts one answered request. @param route template of the route, undefined when none matched */
  observe(method: string, route: string | undefined, status: number, seconds: number): void {
    const labels = { method: METHODS.has(method) ? method : "other", route: route ?? "unmatched", status: String(status) };
    this.#requests.inc(labels);
    this.#durations.observe(labels, seconds);
  }

  /** A gauge whose value is read at every scrape. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}

/**
 * Serves `GET /metrics` on a port of its own, so that the balancer, which routes the service's port, can never publish it.
 * @returns the listening server; it rejects when the port is taken
 */
export function serveMetrics(metrics: ServiceMetrics, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url?.split("?")[0] !== "/metrics") {
      response.writeHead(404, { "content-type": "text/plain" }).end("only GET /metrics is here\n");
      return;
    }
    metrics.registry.metrics().then(
      (text) => response.writeHead(200, { "content-type": metrics.registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500, { "content-type": "text/plain" }).end(`${String(error)}\n`),
    );
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "0.0.0.0", () => resolve(server));
  });
}
