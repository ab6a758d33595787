import type { Ref, Workload } from "../../workload";
import type { KubernetesPlatform } from "./platform";

/** Workloads that between them use every field; rendered as snapshots. */
export function examples(platform: KubernetesPlatform): Record<string, { ref: Ref; workload: Workload }> {
  const store = platform.declare("store", { ports: { sql: 5432 }, segment: "store" });
  const prometheus = platform.declare("prometheus", { ports: { http: 9090 }, segment: "monitoring" });
  const health: Workload["health"] = { live: { tcp: { port: "sql" }, interval: 5, timeout: 10, retries: 3, startPeriod: 600 } };
  const resources: Workload["resources"] = {
    limits: { cpu: 1, memory: "512Mi" },
    reservations: { cpu: 0.25, memory: 268435456 },
  };
  return {
    web: {
      ref: platform.declare("web", { ports: { http: 8000, metrics: 9464 }, segment: "edge" }),
      workload: {
        kind: "service",
        image: "example/web@sha256:1",
        command: ["serve"],
        args: ["--verbose"],
        env: { LEVEL: "info" },
        secrets: { "/run/secrets/password": platform.secret("password", "hidden") },
        files: { "/etc/web/app.conf": { content: "a = 1\n" }, "/etc/routes/routes.conf": { content: "/ -> app\n", onChange: "reload" } },
        ports: [
          { name: "http", container: 8000, publish: { port: 443 } },
          { name: "metrics", container: 9464 },
        ],
        metrics: { port: "metrics", scraper: prometheus },
        health: {
          live: { http: { port: "http", path: "/health" }, interval: 2, timeout: 5, retries: 3, startPeriod: 20 },
          ready: { http: { port: "http", path: "/ready", scheme: "https" }, interval: 2, timeout: 5, retries: 3 },
        },
        resources,
        scale: { min: 3, max: 10, cpu: 70, memory: 80, requestsPerSecond: 50, queue: 2.5 },
        placement: { labels: { type: "app" }, spread: "zone" },
        update: { order: "start-first", parallelism: 2, delay: 10 },
        stop: { drain: 5, grace: 30 },
        security: { user: { uid: 10001, gid: 10002 }, writable: ["/tmp"], groups: [20000] },
        access: [{ resources: ["pods"], verbs: ["get", "list"] }],
        connects: [store],
        outside: [{ ports: [443] }, { cidr: "203.0.113.0/24" }],
      },
    },
    store: {
      ref: store,
      workload: {
        kind: "stateful",
        image: "example/store@sha256:2",
        ports: [{ name: "sql", container: 5432 }],
        health,
        resources,
        scale: { replicas: 1 },
        priority: "high",
        stop: { grace: 60 },
        security: { user: { uid: 10070, gid: 10070 }, writable: ["/run/store", { path: "/run/store/spool", size: "8Mi" }] },
        volumes: [{ name: "data", path: "/var/lib/store", size: "20Gi" }],
      },
    },
    agent: {
      ref: platform.declare("agent", { segment: "monitoring" }),
      workload: {
        kind: "daemon",
        image: "example/agent@sha256:3",
        health: { live: { exec: ["agent", "check"] } },
        resources,
        scale: { replicas: 1 },
        priority: "low",
        update: { order: "stop-first" },
        security: { user: { uid: 10091, gid: 10091 }, readOnlyRoot: false },
        scrapes: [platform.declare("web", { ports: { metrics: 9464 }, segment: "edge" })],
      },
    },
    migration: {
      ref: platform.declare("migration", { segment: "store" }),
      workload: {
        kind: "job",
        image: "example/migration@sha256:4",
        health: { live: { exec: ["true"] } },
        resources,
        scale: { replicas: 1 },
        security: { user: { uid: 10001, gid: 10001 } },
        connects: [store],
      },
    },
  };
}
