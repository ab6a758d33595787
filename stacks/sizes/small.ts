import type { SizePreset } from "./preset";

/** Below 1,000 concurrent users: one Docker host, 2 to 5 backends. */
export const small: SizePreset = {
  backend: {
    scale: { min: 2, max: 5, cpu: 70, memory: 80 },
    resources: { limits: { cpu: "1", memory: "384Mi" }, reservations: { cpu: "100m", memory: "192Mi" } },
  },
  frontend: {
    scale: { min: 2, max: 5, cpu: 60, memory: 70 },
    resources: { limits: { cpu: "500m", memory: "256Mi" }, reservations: { cpu: "50m", memory: "128Mi" } },
  },
  balancer: { replicas: 1 },
  postgres: {},
  redis: {},
  prometheus: {},
};
