import { defineRule } from "../core/rule";
import { seconds } from "../platforms/quantity";

export const restartPolicyRule = defineRule({
  id: "health-restart-policy",
  group: "health",
  title: "A Docker service or container is restarted when it dies, with a pause in between.",
  severity: "high",
  why: "Nothing else brings a crashed process back; without delay a crash loop eats the node, and Swarm's limit on attempts leaves a service down for good after a bad minute.",
  fix: "Service: condition any with delay and window, no maxAttempts. Container: restart unless-stopped or always.",
  example: `restartPolicy: { condition: "any", delay: "5s", window: "120s" }`,
  frameworks: ["CIS Docker 5.15"],
  kinds: ["docker/Service", "docker/Container"],
  parameters: { maxDelaySeconds: { type: "number", description: "Longest pause before a restart in seconds.", default: 120, minimum: 0 } },
  check({ view, props, report, scope, parameter }) {
    if (view.kind === "docker/Container") {
      const restart = props.at("restart");
      const mode = restart.text() ?? "no";
      if (props.at("mustRun").flag() !== false && mode !== "always" && mode !== "unless-stopped" && mode !== "on-failure")
        report(`restart is "${mode}"`, restart);
      return;
    }
    const policy = props.at("taskSpec", "restartPolicy");
    scope(() => {
      const condition = policy.at("condition").text() ?? "";
      if (condition !== "any")
        report(`the restart condition is "${condition}", so that a replica that exits is not replaced`, policy.at("condition"));
    });
    scope(() => {
      const delay = seconds(policy.at("delay").text()) ?? 0;
      if (delay <= 0) report("there is no delay between restarts", policy.at("delay"));
      if (delay > parameter<number>("maxDelaySeconds")) report(`a replica that died is away for ${delay} s`, policy.at("delay"));
    });
    scope(() => {
      if ((policy.at("maxAttempts").number() ?? 0) > 0)
        report("after a number of failures the replica stays down for good", policy.at("maxAttempts"));
    });
    scope(() => {
      if (!((seconds(policy.at("window").text()) ?? 0) > 0))
        report("the window that tells a crash loop from a crash is not set", policy.at("window"));
    });
  },
});
