import { defineRule } from "../core/rule";
import { WORKLOAD_KINDS } from "../platforms/workloads";

export const workloadDrainRule = defineRule({
  id: "rollout-workload-drain",
  group: "rollout",
  title: "A Workload that serves requests drains before it stops, and is not killed while it does.",
  severity: "medium",
  why: "Balancers forget a leaving replica only after their next look at DNS or endpoints; one that closes at once loses the requests in between.",
  fix: "Set stop.drain to a few seconds and stop.grace above it.",
  example: `stop: { drain: 10, grace: 40 }`,
  kinds: WORKLOAD_KINDS,
  parameters: { minSeconds: { type: "number", description: "Least drain time in seconds.", default: 3, minimum: 0 } },
  check({ props, report, parameter }) {
    const workload = props.at("workload");
    if (!workload.exists || workload.at("kind").text() !== "service" || workload.at("ports").list().length === 0) return;
    const [drain, grace] = [workload.at("stop", "drain").number() ?? 0, workload.at("stop", "grace").number()];
    if (drain < parameter<number>("minSeconds"))
      report(`the replica serves for ${drain} s after it was asked to stop`, workload.at("stop", "drain"));
    if (grace !== undefined && grace <= drain)
      report(`the replica is killed after ${grace} s although it drains for ${drain} s`, workload.at("stop", "grace"));
  },
});
