import type { SizePreset } from "./preset";

/** Above 10,000 concurrent users: Kubernetes over three zones, 3 to 10 replicas, a balancer in each zone. */
export const large: SizePreset = {
  backend: {
    scale: { min: 3, max: 10, cpu: 70, memory: 80 },
    resources: { limits: { cpu: "2", memory: "1Gi" }, reservations: { cpu: "500m", memory: "512Mi" } },
  },
  frontend: {
    scale: { min: 3, max: 10, cpu: 70, memory: 80 },
    resources: { limits: { cpu: "1", memory: "512Mi" }, reservations: { cpu: "250m", memory: "256Mi" } },
  },
  balancer: {
    replicas: 3,
    resources: { limits: { cpu: "2", memory: "512Mi" }, reservations: { cpu: "500m", memory: "256Mi" } },
  },
  postgres: {
    resources: { limits: { cpu: "4", memory: "8Gi" }, reservations: { cpu: "2", memory: "4Gi" } },
    storage: "100Gi",
  },
  redis: {
    resources: { limits: { cpu: "1", memory: "2Gi" }, reservations: { cpu: "500m", memory: "1Gi" } },
    storage: "20Gi",
  },
  prometheus: {
    resources: { limits: { cpu: "2", memory: "4Gi" }, reservations: { cpu: "500m", memory: "2Gi" } },
    storage: "50Gi",
  },
};
