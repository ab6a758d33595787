export type { PostgresConnection, RedisConnection } from "./connection";
export type { ExporterOptions } from "./exporter";
export { POSTGRES_MONITORING_USER, POSTGRES_PORT, type PostgresOptions } from "./postgres-options";
export { PostgresDatabase } from "./postgres";
export { REDIS_MONITORING_USER, REDIS_PORT, type RedisOptions } from "./redis-options";
export { RedisCache } from "./redis";
export { DataTier, type DataTierOptions } from "./tier";
