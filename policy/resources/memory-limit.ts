import { defineRule } from "../core/rule";
import { CONTAINER_KINDS } from "../platforms/containers";
import { amountsOf } from "./limits";

export const memoryLimitRule = defineRule({
  id: "resources-memory-limit",
  group: "resources",
  title: "Every container has a memory limit.",
  severity: "high",
  why: "One leak otherwise takes the node's memory, and the kernel picks a victim among all its containers.",
  fix: "Set a memory limit a little above the largest use under load.",
  example: `resources: { limits: { memory: "512Mi" } }   // Swarm: limits: { memoryBytes: 536870912 }`,
  frameworks: ["CIS Docker 5.11", "NSA"],
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(amountsOf(view, "limits", "memory"), ({ label, at, read }) => {
      if (!((read() ?? 0) > 0)) report(`${label} has no memory limit`, at);
    });
  },
});
