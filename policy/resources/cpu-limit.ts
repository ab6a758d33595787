import { defineRule } from "../core/rule";
import { CONTAINER_KINDS } from "../platforms/containers";
import { amountsOf } from "./limits";

export const cpuLimitRule = defineRule({
  id: "resources-cpu-limit",
  group: "resources",
  title: "Every container has a CPU limit.",
  severity: "medium",
  why: "A busy loop otherwise slows every neighbour, and load tests on an idle node promise what a full one does not keep.",
  fix: "Set a CPU limit with room for bursts; switch the rule off where requests alone are the policy.",
  example: `resources: { limits: { cpu: "1" } }   // Swarm: limits: { nanoCpus: 1000000000 }`,
  frameworks: ["CIS Docker 5.12", "NSA"],
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(amountsOf(view, "limits", "cpu"), ({ label, at, read }) => {
      if (!((read() ?? 0) > 0)) report(`${label} has no CPU limit`, at);
    });
  },
});
