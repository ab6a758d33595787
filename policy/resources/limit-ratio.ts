import { defineRule } from "../core/rule";
import { CONTAINER_KINDS } from "../platforms/containers";
import { amountsOf } from "./limits";

export const limitRatioRule = defineRule({
  id: "resources-limit-ratio",
  group: "resources",
  title: "A limit is at least the reservation, and not many times it.",
  severity: "medium",
  why: "What is promised above the reservation is not there when all replicas need it at once: memory then means kills, CPU means latency. A limit below the reservation is refused or ignored.",
  fix: "Bring reservation and limit closer together.",
  example: `resources: { requests: { memory: "384Mi", cpu: "250m" }, limits: { memory: "512Mi", cpu: "1" } }`,
  kinds: CONTAINER_KINDS,
  parameters: {
    memory: { type: "number", description: "Largest memory limit as a multiple of the reservation.", default: 2, minimum: 1 },
    cpu: { type: "number", description: "Largest CPU limit as a multiple of the reservation.", default: 10, minimum: 1 },
  },
  check({ view, report, each, parameter }) {
    for (const resource of ["memory", "cpu"] as const) {
      const requests = amountsOf(view, "requests", resource);
      each(
        amountsOf(view, "limits", resource).map((limit, index) => ({ limit, request: requests[index]! })),
        ({ limit, request }) => {
          const [most, least] = [limit.read() ?? 0, request.read() ?? 0];
          if (most <= 0 || least <= 0) return;
          const ratio = most / least;
          if (ratio < 1) report(`${limit.label}: the ${resource} limit is below the reservation`, limit.at);
          if (ratio > parameter<number>(resource) * 1.001)
            report(`${limit.label}: the ${resource} limit is ${ratio.toFixed(1)} times the reservation`, limit.at);
        },
      );
    }
  },
});
