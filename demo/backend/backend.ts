import { hostname } from "node:os";
import { armFault, createHttpServer, createLogger, Lifecycle, serveMetrics, ServiceMetrics } from "@testbro/demo-service";
import { registerBurn } from "./burn";
import { Database } from "./database";
import { Jobs, registerJobs } from "./jobs";
import { RedisConnection } from "./redis";
import { registerRuns, Runs } from "./runs";
import type { BackendSettings } from "./settings";
import { EchoSockets } from "./websocket";

/**
 * Puts the backend together and starts it. It listens at once; PostgreSQL and Redis are reached in the background, and until
 * then the replica is live but not ready.
 * @throws Error when a port is taken
 */
export async function startBackend(settings: BackendSettings): Promise<Lifecycle> {
  const { version, fault, drainSeconds } = settings;
  const logger = createLogger("testbro-backend", settings);
  const lifecycle = new Lifecycle({ logger, drainSeconds });
  const database = new Database(settings.database, logger);
  const redis = new RedisConnection(settings.redis, logger);
  const runs = new Runs(database, redis);
  const jobs = new Jobs(settings.redis, redis, runs, logger);
  const notReady = () => [database.notReady, redis.notReady].filter((reason) => reason !== undefined);
  const metrics = new ServiceMetrics("testbro-backend", version, () => !lifecycle.draining && notReady().length === 0);
  const sockets = new EchoSockets(version, logger, () => (lifecycle.draining ? "this replica is shutting down" : undefined));

  metrics.gauge("testbro_postgres_up", "1 when this replica can use PostgreSQL", () => (database.notReady === undefined ? 1 : 0));
  metrics.gauge("testbro_redis_up", "1 when this replica can use Redis", () => (redis.notReady === undefined ? 1 : 0));
  metrics.gauge("testbro_websocket_connections", "Open WebSockets", () => sockets.count);
  jobs.register(metrics);

  const app = createHttpServer({ logger, metrics, lifecycle, version, fault, notReady });
  app.get("/api/whoami", async () => ({ replica: hostname(), version }));
  registerRuns(app, runs, database);
  registerJobs(app, jobs);
  registerBurn(app);
  sockets.attach(app.server);

  const metricsServer = await serveMetrics(metrics, settings.metricsPort);
  lifecycle.add({ name: "jobs", when: "drain", run: () => jobs.drain() });
  lifecycle.add({ name: "websockets", when: "late", run: () => sockets.close() });
  // The HTTP server counts upgraded connections as its own, and would wait for them.
  lifecycle.add({ name: "websockets", when: "close", run: () => sockets.terminate() });
  lifecycle.add({ name: "queue", when: "last", run: () => jobs.close() });
  lifecycle.add({ name: "redis", when: "last", run: () => redis.close() });
  lifecycle.add({ name: "database", when: "last", run: () => database.close() });
  lifecycle.add({ name: "metrics server", when: "last", run: () => metricsServer.closeAllConnections() });

  await app.listen({ port: settings.port, host: "0.0.0.0" });
  lifecycle.listen();
  armFault(fault, logger);
  database.start();
  redis.start();
  jobs.start();
  return lifecycle;
}
