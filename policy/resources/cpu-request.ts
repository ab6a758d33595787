import { defineRule } from "../core/rule";
import { CONTAINER_KINDS } from "../platforms/containers";
import { amountsOf } from "./limits";

export const cpuRequestRule = defineRule({
  id: "resources-cpu-request",
  group: "resources",
  title: "Every container reserves CPU.",
  severity: "medium",
  why: "A percentage target of an auto-scaler refers to the reservation, and under load the share of CPU follows it.",
  fix: "Reserve the CPU the container needs in normal use.",
  example: `resources: { requests: { cpu: "250m" } }   // Swarm: reservation: { nanoCpus: 250000000 }`,
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(amountsOf(view, "requests", "cpu"), ({ label, at, read }) => {
      if (!((read() ?? 0) > 0)) report(`${label} reserves no CPU`, at);
    });
  },
});
