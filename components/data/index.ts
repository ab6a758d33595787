export type { PostgresConnection, RedisConnection } from "./connection";
export { MONITORING_SEGMENT, type ExporterOptions } from "./exporter";
export { POSTGRES_MONITORING_USER, POSTGRES_PORT, POSTGRES_SEGMENT, type PostgresOptions } from "./postgres-options";
export { PostgresDatabase } from "./postgres";
export { REDIS_MONITORING_USER, REDIS_PORT, REDIS_SEGMENT, type RedisOptions } from "./redis-options";
export { RedisCache } from "./redis";
export { DataTier, type DataTierOptions } from "./tier";
