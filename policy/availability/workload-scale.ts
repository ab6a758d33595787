import { defineRule } from "../core/rule";
import { WORKLOAD_KINDS } from "../platforms/workloads";

export const workloadScaleRule = defineRule({
  id: "availability-workload-scale",
  group: "availability",
  title: "A Workload under an auto-scaler has room between its bounds and something to scale by; stateful ones are not scaled.",
  severity: "medium",
  why: "A range without room or target never scales, and a second replica of a data store is a second truth.",
  fix: "Set scale.min to two or more, scale.max above it and at least one target; give stateful Workloads a fixed number of replicas.",
  example: `scale: { min: 2, max: 10, cpu: 70, memory: 80 }`,
  kinds: WORKLOAD_KINDS,
  parameters: { min: { type: "integer", description: "Least scale.min.", default: 2, minimum: 1 } },
  check({ props, report, parameter }) {
    const workload = props.at("workload");
    const scale = workload.at("scale");
    if (!workload.exists || (!scale.at("min").written && !scale.at("max").written)) return;
    if (workload.at("kind").text() === "stateful") return report("a stateful workload is scaled", scale);
    const [min, max] = [scale.at("min").number() ?? 0, scale.at("max").number() ?? 0];
    if (min < parameter<number>("min")) report(`the least number of replicas is ${min}`, scale.at("min"));
    if (min >= max) report(`${min} to ${max} replicas leave no room`, scale.at("max"));
    const targets = ["cpu", "memory", "requestsPerSecond", "latency", "queue"];
    if (!targets.some((target) => scale.at(target).written)) report("there is nothing to scale by", scale);
  },
});
