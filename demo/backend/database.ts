import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { backoffDelay, ServiceUnavailableError } from "@testbro/demo-service";
import { Client, Pool, type ClientConfig, type QueryResultRow } from "pg";
import type { Logger } from "pino";
import { migrate } from "./migrate";
import type { DatabaseSettings } from "./settings";

/** How often a healthy database is asked, milliseconds. */
const PROBE_INTERVAL = 2000;
/** No connection attempt and no query takes longer, milliseconds; a server that hangs is a server that is down. */
const TIMEOUT = 5000;

/** SQLSTATE classes and codes after which another attempt may succeed: connection exception, no more connections, shutdown, still starting. */
const UNAVAILABLE = /^(08...|53300|57P0[1-3])$/;

/** True when the error says that the server could not be reached or is going away, false when it answered with a refusal of the statement. */
export function isUnavailable(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)) return UNAVAILABLE.test(code);
  // Errors that carry no SQLSTATE come from the socket or from the driver's timeouts.
  return true;
}

/** One line without an address or a stack, fit for the readiness answer. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code || error.name : String(error);
}

/**
 * PostgreSQL with its state watched. A loop asks it every 2 s and, while it is down, at exponentially growing distances; requests
 * meanwhile fail at once instead of queueing. The schema is migrated on the first contact, before the replica becomes ready.
 */
export class Database {
  readonly #settings: DatabaseSettings;
  readonly #logger: Logger;
  readonly #pool: Pool;
  #reason: string | undefined = "PostgreSQL: not reached yet";
  #migrated = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #probing: Promise<void> | undefined;
  #closed = false;

  constructor(settings: DatabaseSettings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
    this.#pool = new Pool({
      ...this.#connection(),
      max: 10,
      idleTimeoutMillis: 30_000,
      query_timeout: TIMEOUT,
      statement_timeout: TIMEOUT,
    });
    // An idle connection that breaks: the pool drops it, the probe finds out whether the server is gone.
    this.#pool.on("error", (error) => this.#suspect(error));
  }

  /** Why the database cannot be used now; undefined when it can. */
  get notReady(): string | undefined {
    return this.#reason;
  }

  /** Starts the watching. Returns at once: a database that is down must not keep the process from starting. */
  start(): void {
    void this.#probe();
  }

  /**
   * Runs one statement.
   * @throws ServiceUnavailableError when the database cannot be reached; the statement may or may not have run
   */
  async query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    if (this.#reason !== undefined) throw new ServiceUnavailableError(this.#reason);
    try {
      return (await this.#pool.query<Row>(text, values)).rows;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#suspect(error);
      throw new ServiceUnavailableError(`PostgreSQL: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Stops watching and closes every connection after its running query. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#probing;
    await this.#pool.end();
  }

  #connection(): ClientConfig {
    const { host, port, name, user, passwordFile, caFile } = this.#settings;
    return {
      host,
      port,
      database: name,
      user,
      application_name: "testbro-backend",
      connectionTimeoutMillis: TIMEOUT,
      keepAlive: true,
      // Read at every connection, so that a rotated password needs no restart.
      ...(passwordFile === undefined ? {} : { password: async () => (await readFile(passwordFile, "utf8")).replace(/\r?\n$/, "") }),
      ...(caFile === undefined ? {} : { ssl: { ca: readFileSync(caFile, "utf8"), rejectUnauthorized: true } }),
    };
  }

  /** Something failed in use: ask now rather than at the next turn. */
  #suspect(error: unknown): void {
    this.#logger.warn({ reason: reasonOf(error) }, "a PostgreSQL connection failed");
    if (this.#reason !== undefined || this.#closed) return;
    clearTimeout(this.#timer);
    void this.#probe();
  }

  #probe(): Promise<void> {
    this.#probing ??= this.#askAndPlan().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  async #askAndPlan(): Promise<void> {
    try {
      if (!this.#migrated) await this.#migrate();
      await this.#pool.query("SELECT 1");
      if (this.#reason !== undefined) this.#logger.info("PostgreSQL is reachable");
      this.#reason = undefined;
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      const reason = `PostgreSQL: ${reasonOf(error)}`;
      if (this.#reason !== reason) this.#logger.error({ reason, failures: this.#failures }, "PostgreSQL cannot be used");
      this.#reason = reason;
    }
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#probe(), this.#failures > 0 ? backoffDelay(this.#failures) : PROBE_INTERVAL);
  }

  /** On a connection of its own and without the time limit of requests: a migration may take long. */
  async #migrate(): Promise<void> {
    const client = new Client(this.#connection());
    // The failing call rejects too; without a listener the event alone would end the process.
    client.on("error", (error) => this.#logger.warn({ reason: reasonOf(error) }, "the migration's connection failed"));
    try {
      await client.connect();
      await migrate(client, this.#logger);
      this.#migrated = true;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
