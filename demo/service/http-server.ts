import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { hostname } from "node:os";
import fastify, { LogController, type FastifyBaseLogger, type FastifyError, type FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Fault } from "./fault";
import type { Lifecycle } from "./lifecycle";
import type { ServiceMetrics } from "./metrics";

/** The part a request needs is missing now: answered 503, so that a balancer tries another replica and a client tries again. */
export class ServiceUnavailableError extends Error {
  readonly statusCode = 503;
}

export interface HttpServerOptions {
  logger: Logger;
  metrics: ServiceMetrics;
  lifecycle: Lifecycle;
  version: string;
  fault: Fault;
  /** Why this replica should get no requests, apart from draining; empty when it is ready. */
  notReady: () => string[];
  /** Path whose 200 is this service's liveness. @default "/health" */
  livenessPath?: string;
}

const REQUEST_ID = /^[\w.:-]{1,128}$/;
/** Idle connections stay open longer than a balancer keeps them (nginx: 60 s), so that it never reuses one being closed here. */
const KEEP_ALIVE_MILLISECONDS = 75_000;

/** The balancer's `x-request-id` when it is one, else a new one. */
function requestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}

/**
 * An HTTP server with what every service has: request ids, one log line a request, metrics, JSON errors,
 * `GET /health` (liveness: this process answers, nothing else is asked), `GET /health/ready` (readiness, 503 with
 * reasons) and `Connection: close` on every answer while draining.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { logger, metrics, lifecycle, version, fault, livenessPath = "/health" } = options;
  const app = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: requestId,
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    // Requests that arrive on open connections while the last ones finish are answered, not refused.
    return503OnClosing: false,
    bodyLimit: 64 * 1024,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true } },
  });

  app.addHook("onRequest", async (request, reply) => {
    metrics.inFlight.inc();
    // Once a response, whether it was finished or the client went away.
    reply.raw.once("close", () => {
      metrics.inFlight.dec();
      const route = request.routeOptions.url;
      metrics.observe(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
      const level = route?.startsWith("/health") || route === livenessPath ? "debug" : "info";
      request.log[level](
        {
          method: request.method,
          url: request.url,
          status: reply.statusCode,
          milliseconds: Math.round(reply.elapsedTime * 10) / 10,
          ...(reply.raw.writableFinished ? {} : { aborted: true }),
        },
        "request",
      );
    });
    reply.header("x-request-id", request.id);
  });
  app.addHook("onRequest", async (request) => {
    if (fault.kind === "never-healthy" && request.url.split("?")[0] === livenessPath) {
      throw new Error("failing the health check on purpose: FAULT=never-healthy");
    }
  });
  app.addHook("onSend", async (_request, reply) => {
    if (lifecycle.draining) reply.header("connection", "close");
  });

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode >= 400 ? error.statusCode : 500;
    if (status === 503) reply.header("retry-after", "1");
    // A missing part is logged where it is watched, and its requests without a stack: there may be many.
    if (status === 503) request.log.warn({ reason: error.message }, "request refused");
    else if (status >= 500) request.log.error({ err: error }, "request failed");
    const message = status === 500 ? "internal error" : error.message;
    return reply.status(status).send({ error: message, requestId: request.id });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({ error: `nothing at ${request.method} ${request.url.split("?")[0]}`, requestId: request.id }),
  );

  app.get("/health", async () => ({ status: "ok", replica: hostname(), version }));
  app.get("/health/ready", async (_request, reply) => {
    const reasons = [...(lifecycle.draining ? ["draining: this replica is shutting down"] : []), ...options.notReady()];
    return reply.status(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons, replica: hostname(), version });
  });

  lifecycle.add({ name: "http server", when: "close", run: () => app.close() });
  return app;
}
