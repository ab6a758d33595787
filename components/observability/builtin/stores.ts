import type { Settings } from "../options";
import type { RuleGroup } from "../rules";
import { percent } from "./percent";

/**
 * What whoever saves a store tells of it: when a backup was last complete and could be read, seconds since 1970; the label `store` says of
 * which. Part of docs/observability.md, because the backup is not part of the stack.
 */
const BACKUP = "testbro_backup_last_success_timestamp_seconds";

/** PostgreSQL and Redis. */
export function stores({ thresholds }: Settings): RuleGroup {
  return {
    name: "stores",
    rules: [
      {
        alert: "PostgresDown",
        expr: "pg_up == 0",
        forSeconds: 20,
        severity: "critical",
        summary: "PostgreSQL does not answer",
        description: "{{ $labels.workload }} has not reached PostgreSQL for 20 s. The server's log says why it stopped or refuses.",
      },
      {
        alert: "PostgresConnectionsHigh",
        expr: `sum by (workload) (pg_stat_activity_count) / max by (workload) (pg_settings_max_connections) > ${thresholds.postgresConnections}`,
        forSeconds: 60,
        severity: "warning",
        summary: "PostgreSQL runs out of connections",
        description: `{{ $value | humanizePercentage }} of PostgreSQL's connections are in use, more than ${percent(thresholds.postgresConnections)}. Lower the pools of the replicas or raise max_connections.`,
      },
      {
        alert: "RedisDown",
        expr: "redis_up == 0",
        forSeconds: 20,
        severity: "critical",
        summary: "Redis does not answer",
        description: "{{ $labels.workload }} has not reached Redis for 20 s. The server's log says why it stopped or refuses.",
      },
      {
        alert: "BackupTooOld",
        expr: `time() - max by (store) (${BACKUP}) > ${thresholds.backupHours} * 3600`,
        forSeconds: 60,
        severity: "critical",
        summary: "{{ $labels.store }} has not been backed up for long",
        description: `The last good backup of {{ $labels.store }} is {{ $value | humanizeDuration }} old, more than ${thresholds.backupHours} h. What has changed since would be lost with the volume.`,
      },
      {
        alert: "BackupNotTold",
        expr: `(max by (store) (last_over_time(${BACKUP}[1h])) unless max by (store) (${BACKUP})) > 0`,
        forSeconds: 600,
        severity: "warning",
        summary: "Nobody tells any more whether {{ $labels.store }} is backed up",
        description: `${BACKUP} of {{ $labels.store }} was there and has been gone for 10 min, so an old backup would not be noticed.`,
      },
      {
        alert: "RedisMemoryHigh",
        expr: `redis_memory_used_bytes / (redis_memory_max_bytes > 0) > ${thresholds.redisMemory}`,
        forSeconds: 60,
        severity: "warning",
        summary: "Redis runs out of memory",
        description: `{{ $value | humanizePercentage }} of Redis' memory is in use, more than ${percent(thresholds.redisMemory)}. At 100% it refuses writes. Raise maxMemory and the limit, or look for a queue that is not worked off.`,
      },
    ],
  };
}
