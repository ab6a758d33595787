import type { Settings } from "../options";
import type { RuleGroup } from "../rules";
import { percent } from "./percent";

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
