import fastify, { type FastifyInstance } from "fastify";
import { type z } from "zod";
import { sameSecret } from "../server/secret";
import { type ContainerUse } from "../signals/containers";
import { type ServiceStats } from "../signals/docker-stats";
import { ScaleRefused, type Target } from "../targets/target";
import { BODIES, NOT_A_MANAGER, PATHS, type StatsBody } from "./protocol";

/** What stands behind the gate. */
export interface GateOptions {
  readonly target: Target;
  stats(body: StatsBody): Promise<ServiceStats>;
  /** What every container of the stack on this node uses. */
  containers(): Promise<readonly ContainerUse[]>;
  lease(holder: string, release: boolean): Promise<boolean>;
  /** Rejects when the engine does not answer. */
  ping(): Promise<unknown>;
  /** Services scalable without a label. */
  readonly configured: ReadonlySet<string>;
  /** Bearer token of who may ask. */
  readonly token: string;
}

/** What an engine says that is a worker, or in no swarm at all. */
const NO_MANAGER = /not a swarm manager/i;

/**
 * The only process that touches the engine's socket. It answers four questions: which services may be scaled (counts, labels and
 * container ids, never their environment or mounts), what some containers or all of the stack use, who holds the lease; and makes one
 * change: the replica count of a service that is labelled for it. Nothing of the engine's own API passes.
 */
export function createGate(options: GateOptions): FastifyInstance {
  const app = fastify({ bodyLimit: 128 * 1024, logger: false });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof ScaleRefused) return reply.code(409).send({ error: error.message });
    if (NO_MANAGER.test(error.message)) return reply.code(NOT_A_MANAGER).send({ error: "this node is no manager" });
    const client = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500 && !("json" in error);
    return reply.code(client ? (error.statusCode as number) : 502).send({ error: error.message });
  });

  // The engine's own trouble is not the gate's, except that a socket that went away comes back only with a new mount.
  app.get(PATHS.health, async () => {
    await options.ping();
    return { status: "ok" };
  });

  const answer = <T>(path: string, schema: z.ZodType<T>, act: (body: T) => Promise<unknown>) =>
    app.post(path, async (request, reply) => {
      const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
      if (!sameSecret(given, options.token)) return reply.code(401).send({ error: "a valid bearer token is needed" });
      const body = schema.safeParse(request.body);
      if (!body.success) {
        const problems = body.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
        return reply.code(400).send({ error: problems.join("; ") });
      }
      return reply.send({ result: (await act(body.data)) ?? null });
    });
  answer(PATHS.services, BODIES.services, () => options.target.list(options.configured));
  answer(PATHS.scale, BODIES.scale, async ({ service, count, during }) => {
    // The services that may be scaled are read anew: what was labelled at the last look may not be any more.
    await options.target.list(options.configured);
    await options.target.scale(service, count, during === undefined ? {} : { during });
  });
  answer(PATHS.stats, BODIES.stats, (body) => options.stats(body));
  answer(PATHS.containers, BODIES.containers, () => options.containers());
  answer(PATHS.lease, BODIES.lease, ({ holder, release }) => options.lease(holder, release));
  return app;
}
