import { ServiceUnavailableError } from "@testbro/demo-service";
import type { FastifyInstance } from "fastify";
import type { Database } from "./database";
import type { RedisConnection } from "./redis";

/** One test run, as the API answers it. Ids are strings: PostgreSQL's bigint is wider than a JavaScript number. */
export interface Run {
  id: string;
  name: string;
  status: "created" | "running" | "passed";
  created_at: string;
  finished_at: string | null;
}

const COLUMNS = "id, name, status, created_at, finished_at";
/** Seconds. Short, because a replica may put an old row into the cache just after another one changed it. */
const CACHE_SECONDS = 30;
/** Largest bigint; an id beyond it cannot exist and PostgreSQL would refuse it. */
const LARGEST_ID = 2n ** 63n - 1n;

const cacheKey = (id: string) => `run:${id}`;

/** Test runs in PostgreSQL, read through Redis. */
export class Runs {
  constructor(
    private readonly database: Database,
    private readonly redis: RedisConnection,
  ) {}

  async create(name: string): Promise<Run> {
    const [run] = await this.database.query<Run & Record<string, unknown>>(`INSERT INTO runs (name) VALUES ($1) RETURNING ${COLUMNS}`, [
      name,
    ]);
    if (run === undefined) throw new Error("INSERT … RETURNING gave no row");
    return run;
  }

  /** The newest runs first. */
  list(limit: number): Promise<Run[]> {
    return this.database.query<Run & Record<string, unknown>>(`SELECT ${COLUMNS} FROM runs ORDER BY id DESC LIMIT $1`, [limit]);
  }

  /**
   * One run, from the cache if it is there. Without Redis it is read from PostgreSQL, without PostgreSQL it may still be in the cache.
   * @returns the run as JSON and where it came from; undefined when it does not exist
   */
  async read(id: string): Promise<{ json: string; cache: "hit" | "miss" } | undefined> {
    const cached = await this.#cached(id);
    if (cached) return { json: cached, cache: "hit" };
    const [run] = await this.database.query<Run & Record<string, unknown>>(`SELECT ${COLUMNS} FROM runs WHERE id = $1`, [id]);
    if (run === undefined) return undefined;
    const json = JSON.stringify(run);
    await this.#quietly(this.redis.client.set(cacheKey(id), json, "EX", CACHE_SECONDS));
    return { json, cache: "miss" };
  }

  /** Sets the status, and the end when it is `passed`; the cache forgets the run. */
  async setStatus(id: string, status: Run["status"]): Promise<void> {
    await this.database.query("UPDATE runs SET status = $2, finished_at = CASE WHEN $2 = 'passed' THEN now() END WHERE id = $1", [
      id,
      status,
    ]);
    await this.#quietly(this.redis.client.del(cacheKey(id)));
  }

  #cached(id: string): Promise<string | null | undefined> {
    return this.#quietly(this.redis.client.get(cacheKey(id)));
  }

  /** The cache is an optimisation: its failure is for readiness to tell, not for the request. */
  async #quietly<T>(command: Promise<T>): Promise<T | undefined> {
    try {
      return await command;
    } catch {
      return undefined;
    }
  }
}

/** True for what may be the id of a run. */
export function isRunId(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= LARGEST_ID;
}

/** `POST /api/runs`, `GET /api/runs`, `GET /api/runs/:id`. */
export function registerRuns(app: FastifyInstance, runs: Runs, database: Database): void {
  app.post<{ Body: { name: string } }>(
    "/api/runs",
    {
      schema: {
        body: {
          type: "object",
          required: ["name"],
          additionalProperties: false,
          // Something other than blanks; no NUL, which PostgreSQL cannot store.
          properties: { name: { type: "string", minLength: 1, maxLength: 200, pattern: "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$" } },
        },
      },
    },
    async (request, reply) => {
      if (database.notReady !== undefined) throw new ServiceUnavailableError(database.notReady);
      const run = await runs.create(request.body.name);
      return reply.status(201).header("location", `/api/runs/${run.id}`).send(run);
    },
  );

  app.get<{ Querystring: { limit?: string } }>(
    "/api/runs",
    { schema: { querystring: { type: "object", properties: { limit: { type: "string", pattern: "^([1-9]|[1-9]\\d|100)$" } } } } },
    async (request) => ({ runs: await runs.list(Number(request.query.limit ?? 20)) }),
  );

  app.get<{ Params: { id: string } }>("/api/runs/:id", async (request, reply) => {
    const { id } = request.params;
    const found = isRunId(id) ? await runs.read(id) : undefined;
    if (found === undefined) return reply.status(404).send({ error: `there is no run ${id}`, requestId: request.id });
    return reply.header("x-cache", found.cache).header("content-type", "application/json; charset=utf-8").send(found.json);
  });
}
