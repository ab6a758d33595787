import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { backoffDelay } from "@testbro/demo-service";
import { Redis, type RedisOptions } from "ioredis";
import type { Logger } from "pino";
import type { RedisSettings } from "./settings";

/**
 * Options of every connection to Redis: TLS verified by the given CA, reconnecting for ever with exponential backoff, and no
 * command waiting while there is no connection, so that a request fails at once and the balancer can move on.
 */
export function redisOptions({ host, port, user, passwordFile, caFile }: RedisSettings): RedisOptions {
  return {
    host,
    port,
    ...(passwordFile === undefined ? {} : { username: user, password: readFileSync(passwordFile, "utf8").replace(/\r?\n$/, "") }),
    ...(caFile === undefined ? {} : { tls: { ca: readFileSync(caFile, "utf8"), ...(isIP(host) ? {} : { servername: host }) } }),
    connectTimeout: 5000,
    retryStrategy: (failures) => backoffDelay(failures),
    // A server that is loading its data, or that became a replica, answers with an error; a new connection may find it changed.
    reconnectOnError: (error) => /^(READONLY|LOADING)/.test(error.message),
    enableOfflineQueue: false,
  };
}

/** The connection for the cache, which also tells whether Redis can be used. */
export class RedisConnection {
  readonly client: Redis;
  #reason: string | undefined = "Redis: not reached yet";
  #closed = false;

  constructor(settings: RedisSettings, logger: Logger) {
    this.client = new Redis({
      ...redisOptions(settings),
      lazyConnect: true,
      commandTimeout: 1000,
      // A command that was under way when the connection broke fails; it is not sent again later, when nobody waits for it.
      maxRetriesPerRequest: null,
      autoResendUnfulfilledCommands: false,
      connectionName: "testbro-cache",
    });
    const down = (reason: string) => {
      if (this.#reason !== reason) logger.error({ reason }, "Redis cannot be used");
      this.#reason = reason;
    };
    // `ready`, unlike `connect`, comes after authentication and after the server has loaded its data.
    this.client.on("ready", () => {
      logger.info("Redis is reachable");
      this.#reason = undefined;
    });
    this.client.on("error", (error: Error) => down(`Redis: ${error.message || (error as NodeJS.ErrnoException).code || error.name}`));
    this.client.on("close", () => {
      if (this.#reason === undefined && !this.#closed) down("Redis: connection closed");
    });
  }

  /** Why Redis cannot be used now; undefined when it can. */
  get notReady(): string | undefined {
    return this.#reason;
  }

  /** Starts connecting; returns at once. */
  start(): void {
    // Failures arrive as `error` events too, and the client goes on trying.
    this.client.connect().catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    this.client.disconnect();
  }
}
