import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { z } from "zod";
import { describeIssues } from "../config/load";
import { type Daemon } from "../daemon/daemon";
import { type Metrics } from "./metrics";
import { PAGE, SCRIPT, STYLE } from "./page";
import { sameSecret } from "./secret";

/** Longest pause: a day, so that a forgotten one ends. */
const LONGEST_PAUSE_SECONDS = 86_400;
const pauseBody = z.strictObject({
  service: z.string().min(1).max(200),
  seconds: z.number().int().min(1).max(LONGEST_PAUSE_SECONDS),
  by: z.string().min(1).max(100).default("the API"),
});
const leaseBody = z.strictObject({
  seconds: z.number().int().min(1).max(LONGEST_PAUSE_SECONDS),
  by: z.string().min(1).max(100).default("a deploy"),
});
const resumeBody = z.strictObject({ service: z.string().min(1).max(200) });

export interface ServerOptions {
  readonly daemon: Pick<Daemon, "status" | "decisions" | "history" | "pause" | "resume" | "holdForDeploy" | "endDeploy">;
  readonly metrics: Metrics;
  /** What the stack's containers use, in the same registry. @default not told */
  readonly containers?: { refresh(): Promise<void> };
  /** Bearer token for everything that changes something; without one, changing is off. */
  readonly token?: string;
  /** Path under which a balancer serves page and API. `/health` and `/metrics` stay at the root. @default "/" */
  readonly pathPrefix?: string;
  readonly now?: () => number;
}

/** The status page at `/`, `/metrics`, and the JSON API under `/api`. Reading is open (bind it to a private address), changing needs the token. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { daemon, metrics } = options;
  const now = options.now ?? (() => Date.now() / 1000);
  const app = fastify({ bodyLimit: 16_384, logger: false });

  app.addHook("onSend", async (_request, reply) => {
    void reply.headers({
      "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
  });
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : 500;
    void reply.code(status).send({ error: status === 500 ? "the request could not be answered" : error.message });
  });

  const prefix = (options.pathPrefix ?? "/").replace(/\/$/, "");
  const text = (path: string, type: string, body: string) =>
    app.get(`${prefix}${path}`, async (_request, reply) => reply.type(type).send(body));
  // The page's own references are relative, so its address has to end in a slash.
  if (prefix !== "") app.get(prefix, async (_request, reply) => reply.redirect(`${prefix.slice(prefix.lastIndexOf("/") + 1)}/`, 308));
  text("/", "text/html; charset=utf-8", PAGE);
  text("/page.css", "text/css; charset=utf-8", STYLE);
  text("/page.js", "text/javascript; charset=utf-8", SCRIPT);
  app.get("/health", async () => ({ status: "ok" }));
  app.get("/metrics", async (_request, reply) => {
    await options.containers?.refresh();
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  app.get(`${prefix}/api/status`, async () => daemon.status());
  const perService = (path: string, answer: (service: string) => unknown) =>
    app.get<{ Params: { service: string } }>(`${prefix}/api/services/:service/${path}`, async (request) => answer(request.params.service));
  perService("decisions", (service) => daemon.decisions(service));
  perService("history", (service) => daemon.history(service));

  const guard = async (request: FastifyRequest, reply: FastifyReply) => {
    if (options.token === undefined)
      return reply.code(403).send({ error: "no token is configured: pausing over the API is off (AUTOSCALER_TOKEN_FILE)" });
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    if (!sameSecret(given, options.token))
      return reply.code(401).header("www-authenticate", "Bearer").send({ error: "a valid bearer token is needed" });
    return undefined;
  };
  const change = <T>(path: string, schema: z.ZodType<T>, act: (body: T) => void | Promise<void>) =>
    app.post(`${prefix}${path}`, { preHandler: guard }, async (request, reply) => {
      const body = schema.safeParse(request.body);
      if (!body.success)
        return reply.code(400).send({
          error: "the body is not valid",
          problems: describeIssues(body.error, request.body, () => "body"),
        });
      await act(body.data);
      return { ok: true };
    });
  change("/api/pause", pauseBody, (body) => daemon.pause(body.service, now() + body.seconds, body.by));
  change("/api/resume", resumeBody, (body) => daemon.resume(body.service));
  change("/api/lease", leaseBody, (body) => daemon.holdForDeploy(now() + body.seconds, body.by));
  change("/api/lease/end", z.strictObject({}), () => daemon.endDeploy());
  return app;
}
