/**
 * Groups of workloads that may reach each other, by the names all tiers use: a network each on Swarm. A group is not a
 * direction: on Swarm every member reaches every other.
 */
export const SEGMENTS = {
  /** The balancer and what it routes to; the one that may reach outside. */
  edge: "edge",
  /** Prometheus, the exporters, and whoever serves metrics. */
  monitoring: "monitoring",
  /** PostgreSQL and whoever connects to it. */
  postgres: "postgres",
  /** Redis and whoever connects to it. */
  redis: "redis",
} as const;
