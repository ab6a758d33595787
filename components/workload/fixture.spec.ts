import type { Workload } from "./types";

/** A sound workload, which each spec spoils in one way. */
export function soundWorkload(changes: Partial<Workload> = {}): Workload {
  return {
    kind: "service",
    image: "example@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    ports: [{ name: "http", container: 3001 }],
    health: { live: { http: { port: "http", path: "/health" } } },
    resources: { limits: { cpu: 1, memory: "512Mi" }, reservations: { cpu: "250m", memory: "256Mi" } },
    scale: { replicas: 2 },
    security: { user: { uid: 10001, gid: 10001 } },
    ...changes,
  };
}
