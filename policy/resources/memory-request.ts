import { defineRule } from "../core/rule";
import { CONTAINER_KINDS } from "../platforms/containers";
import { amountsOf } from "./limits";

export const memoryRequestRule = defineRule({
  id: "resources-memory-request",
  group: "resources",
  title: "Every container reserves memory.",
  severity: "medium",
  why: "The scheduler places by what is reserved; without it replicas pile up on one node and are evicted first.",
  fix: "Reserve the memory the container needs in normal use.",
  example: `resources: { requests: { memory: "384Mi" } }   // Swarm: reservation: { memoryBytes: 402653184 }`,
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(amountsOf(view, "requests", "memory"), ({ label, at, read }) => {
      if (!((read() ?? 0) > 0)) report(`${label} reserves no memory`, at);
    });
  },
});
