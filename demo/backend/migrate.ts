import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ClientBase } from "pg";
import type { Logger } from "pino";

/** Any fixed number; all replicas must use the same. The bytes spell "testbro" in ASCII, within PostgreSQL's bigint. */
const MIGRATION_LOCK = 0x74657374_62726fn;

/** Beside the program in a bundle, one folder up when it runs as compiled. */
function migrationsFolder(): string {
  return [join(__dirname, "migrations"), join(__dirname, "..", "migrations")].find((folder) => existsSync(folder)) ?? "migrations";
}

/**
 * Brings the schema up to date. Safe when several replicas start at once: the first to get the advisory lock migrates, the
 * others wait for it and find nothing to do. The lock belongs to the session, so a replica that dies releases it.
 *
 * @param client a connection of its own, so that lock and migrations share one session
 * @returns names of the migrations that ran here
 */
export async function migrate(client: ClientBase, logger: Logger, dir = migrationsFolder()): Promise<string[]> {
  // An ES module, which a CommonJS one can only load this way.
  const { runner } = await import("node-pg-migrate");
  await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK.toString()]);
  try {
    const ran = await runner({
      dbClient: client,
      dir,
      direction: "up",
      migrationsTable: "schema_migrations",
      // The library's own lock gives up at once when another replica holds it; the one above waits.
      noLock: true,
      logger: {
        debug: (message) => logger.debug(message),
        info: (message) => logger.debug(message),
        warn: (message) => logger.warn(message),
        error: (message) => logger.error(message),
      },
    });
    const names = ran.map(({ name }) => name);
    if (names.length > 0) logger.info({ migrations: names }, "schema migrated");
    return names;
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [MIGRATION_LOCK.toString()]);
  }
}
