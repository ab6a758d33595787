import { defineRule } from "../core/rule";
import { seconds } from "../platforms/quantity";

export const updateConfigRule = defineRule({
  id: "rollout-update-config",
  group: "rollout",
  title: "A Swarm service is updated step by step and rolled back when a step fails.",
  severity: "high",
  why: "Docker's default pauses at a failed update and leaves the service half new; parallelism 0 replaces all replicas at once.",
  fix: "Set updateConfig with failureAction rollback and a parallelism of one or more.",
  example: `updateConfig: { order: "start-first", parallelism: 1, failureAction: "rollback", monitor: "45s" }`,
  kinds: ["docker/Service"],
  parameters: {
    maxDelaySeconds: { type: "number", description: "Longest pause between two steps in seconds.", default: 300, minimum: 0 },
  },
  check({ props, report, scope, parameter }) {
    const update = props.at("updateConfig");
    if (!update.exists) return report("there is no update configuration", update);
    scope(() => {
      const action = update.at("failureAction").text() ?? "pause";
      if (action !== "rollback") report(`a failed update ends in "${action}"`, update.at("failureAction"));
    });
    scope(() => {
      const parallelism = update.at("parallelism").number() ?? 1;
      const replicas = props.at("mode", "replicated", "replicas").number() ?? 1;
      if (parallelism > 1 && props.at("mode", "global").flag() === true)
        report(`${parallelism} nodes are without the service at once`, update.at("parallelism"));
      else if (parallelism === 0) report("all replicas are replaced at once", update.at("parallelism"));
      else if (replicas > 1 && parallelism >= replicas) report(`all ${replicas} replicas are replaced at once`, update.at("parallelism"));
    });
    scope(() => {
      const delay = seconds(update.at("delay").text()) ?? 0;
      if (delay > parameter<number>("maxDelaySeconds")) report(`the update waits ${delay} s between two steps`, update.at("delay"));
    });
    scope(() => {
      if ((update.at("maxFailureRatio").number() ?? 0) > 0.25)
        report("the update goes on although a quarter of the replicas failed", update.at("maxFailureRatio"));
    });
  },
});
