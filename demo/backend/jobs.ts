import { once, type EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { ServiceUnavailableError, type ServiceMetrics } from "@testbro/demo-service";
import { Queue, Worker, type Job } from "bullmq";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { Gauge } from "prom-client";
import { redisOptions, type RedisConnection } from "./redis";
import { isRunId, type Runs } from "./runs";
import type { RedisSettings } from "./settings";

/** Work for the queue: executes a run, or only takes time when there is none. */
export interface JobData {
  runId?: string;
  /** How long the execution takes. */
  milliseconds: number;
}

const QUEUE = "runs";
/** States whose depth is a metric. */
const STATES = ["waiting", "active", "delayed", "failed", "completed"] as const;
/** Jobs one replica executes at a time; more replicas empty the queue sooner. */
const CONCURRENCY = 4;
/** How long a request waits for the queue's connection, and a scrape for its depth, milliseconds. */
const PATIENCE = 1000;

/**
 * A job queue in Redis, and a worker of it in this process. An unfinished job of a replica that dies is taken up by another
 * one, and a job that fails is tried again with exponential backoff.
 */
export class Jobs {
  readonly #settings: RedisSettings;
  readonly #logger: Logger;
  #queue: Queue<JobData>;
  readonly #worker: Worker<JobData>;
  readonly #redis: RedisConnection;

  constructor(settings: RedisSettings, redis: RedisConnection, runs: Runs, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
    this.#redis = redis;
    this.#queue = this.#open();
    this.#worker = new Worker<JobData>(QUEUE, (job) => execute(job, runs), {
      // A worker's commands wait for the connection: it has nobody to answer to.
      connection: { ...redisOptions(settings), enableOfflineQueue: true, maxRetriesPerRequest: null },
      concurrency: CONCURRENCY,
      autorun: false,
    });
    // The state of the connection is reported once, by RedisConnection; here the events only need a listener.
    this.#worker.on("error", (error) => logger.debug({ err: error }, "worker connection"));
    this.#worker.on("failed", (job, error) =>
      logger.warn({ job: job?.id, attempt: job?.attemptsMade, reason: error.message }, "job failed"),
    );
    this.#worker.on("completed", (job) => logger.debug({ job: job.id }, "job completed"));
  }

  /** Starts taking jobs; returns at once. */
  start(): void {
    void this.#worker.run().catch(() => undefined);
  }

  async add(data: JobData): Promise<string> {
    const job = await this.#reachable((queue) => queue.add("execute", data));
    return job.id ?? "";
  }

  /** State of a job; undefined when there is none, or when it ended too long ago. */
  async find(id: string): Promise<Record<string, unknown> | undefined> {
    return this.#reachable(async (queue) => {
      const job = await queue.getJob(id);
      if (job === undefined) return undefined;
      return {
        id,
        state: await job.getState(),
        data: job.data,
        attempts: job.attemptsMade,
        result: job.returnvalue,
        error: job.failedReason,
      };
    });
  }

  /** Adds the gauge of the queue's depth. Without Redis it has no value: no data must never look like an empty queue. */
  register(metrics: ServiceMetrics): void {
    const depth = async () => {
      if (this.#redis.notReady !== undefined) return undefined;
      const counts = this.#reachable((queue) => queue.getJobCounts(...STATES)).catch(() => undefined);
      return Promise.race([counts, sleep(PATIENCE, undefined, { ref: false })]);
    };
    new Gauge({
      name: "testbro_queue_jobs",
      help: "Jobs in the queue by state; the queue is shared, so every replica reports the same",
      labelNames: ["queue", "state"],
      registers: [metrics.registry],
      async collect() {
        const counts = await depth();
        this.reset();
        if (counts !== undefined) for (const state of STATES) this.set({ queue: QUEUE, state }, counts[state] ?? 0);
      },
    });
  }

  /** Takes no further job and resolves when the running ones have ended. */
  async drain(): Promise<void> {
    if (this.#redis.notReady === undefined) await this.#worker.close();
  }

  /** Closes the connections; jobs that still run are left to other replicas. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#worker.close(true), this.#queue.disconnect()]);
  }

  #open(): Queue<JobData> {
    const queue = new Queue<JobData>(QUEUE, {
      connection: {
        ...redisOptions(this.#settings),
        commandTimeout: 5000,
        maxRetriesPerRequest: null,
        autoResendUnfulfilledCommands: false,
      },
      defaultJobOptions: {
        attempts: 5,
        backoff: { type: "exponential", delay: 1000 },
        removeOnComplete: { age: 3600, count: 1000 },
        removeOnFail: { age: 24 * 3600, count: 1000 },
      },
    });
    // The state of the way to Redis is reported once, by RedisConnection; here the events only need a listener.
    queue.on("error", (error) => this.#logger.debug({ err: error }, "queue connection"));
    return queue;
  }

  async #reachable<T>(command: (queue: Queue<JobData>) => Promise<T>): Promise<T> {
    if (this.#redis.notReady !== undefined) throw new ServiceUnavailableError(this.#redis.notReady);
    const queue = this.#queue;
    try {
      await Promise.race([connected(queue), this.#impatience()]);
    } catch (error) {
      // A queue whose first words with Redis failed stays broken: the next request gets a new one.
      if (queue === this.#queue && !(error instanceof ServiceUnavailableError)) {
        this.#queue = this.#open();
        queue.disconnect().catch(() => undefined);
      }
      throw new ServiceUnavailableError(`Redis: ${(error as Error).message}`, { cause: error });
    }
    try {
      return await command(queue);
    } catch (error) {
      // What Redis answered is a defect or its configuration; anything else is the way to it.
      if ((error as Error).name === "ReplyError") throw error;
      throw new ServiceUnavailableError(`Redis: ${(error as Error).message}`, { cause: error });
    }
  }

  async #impatience(): Promise<never> {
    await sleep(PATIENCE, undefined, { ref: false });
    throw new ServiceUnavailableError("the queue's connection is not ready");
  }
}

/** Resolves when the queue's own connection can take a command: after an outage it may be back a moment later than the cache's. */
async function connected(queue: Queue<JobData>): Promise<void> {
  await queue.waitUntilReady();
  const client = (await queue.client) as unknown as EventEmitter & { status: string };
  if (client.status !== "ready") await once(client, "ready");
}

/** Executes one job. The time it takes is spent waiting, as a test run waits for the page it tests. */
async function execute(job: Job<JobData>, runs: Runs): Promise<{ milliseconds: number }> {
  const { runId, milliseconds } = job.data;
  const started = performance.now();
  if (runId !== undefined) await runs.setStatus(runId, "running");
  await sleep(milliseconds);
  if (runId !== undefined) await runs.setStatus(runId, "passed");
  return { milliseconds: Math.round(performance.now() - started) };
}

/** `POST /api/jobs`, `GET /api/jobs/:id`. */
export function registerJobs(app: FastifyInstance, jobs: Jobs): void {
  app.post<{ Body: { runId?: string; milliseconds?: number } }>(
    "/api/jobs",
    {
      schema: {
        body: {
          type: "object",
          additionalProperties: false,
          properties: { runId: { type: "string", maxLength: 19 }, milliseconds: { type: "integer", minimum: 0, maximum: 10_000 } },
        },
      },
    },
    async (request, reply) => {
      const { runId, milliseconds = 100 } = request.body;
      if (runId !== undefined && !isRunId(runId)) {
        return reply.status(400).send({ error: `runId is "${runId}": use the id of a run`, requestId: request.id });
      }
      const id = await jobs.add({ ...(runId === undefined ? {} : { runId }), milliseconds });
      return reply.status(202).header("location", `/api/jobs/${id}`).send({ id, state: "waiting" });
    },
  );

  app.get<{ Params: { id: string } }>("/api/jobs/:id", async (request, reply) => {
    const { id } = request.params;
    const job = /^\d{1,19}$/.test(id) ? await jobs.find(id) : undefined;
    return job ?? reply.status(404).send({ error: `there is no job ${id}`, requestId: request.id });
  });
}
