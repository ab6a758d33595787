import { defineRule } from "../core/rule";
import { dockerHealthcheck } from "../platforms/containers";
import { seconds } from "../platforms/quantity";

export const convergeRule = defineRule({
  id: "rollout-converge",
  group: "rollout",
  title: "Pulumi waits for a replicated Swarm service to converge, and long enough.",
  severity: "high",
  why: "Without convergeConfig `pulumi up` is done as soon as the request is taken: it succeeds while every replica crashes. A timeout below the worst case fails an update that is still going well.",
  fix: "Set convergeConfig with a timeout above replicas × (start period + monitor).",
  example: `convergeConfig: { delay: "5s", timeout: "10m" }`,
  kinds: ["docker/Service"],
  parameters: { maxSeconds: { type: "number", description: "Longest timeout in seconds.", default: 7200, minimum: 1 } },
  check({ view, props, report, parameter }) {
    const converge = props.at("convergeConfig");
    // The provider cannot wait for a global service, and says so itself.
    if (props.at("mode", "global").flag() === true) return;
    if (!converge.exists) return report("Pulumi does not wait for the service", converge);
    const timeout = seconds(converge.at("timeout").text()) ?? 180;
    if (timeout > parameter<number>("maxSeconds"))
      report(`Pulumi waits ${timeout} s for a service that cannot come up`, converge.at("timeout"));
    const start = seconds(dockerHealthcheck(view).at("startPeriod").text()) ?? 0;
    const monitor = seconds(props.at("updateConfig", "monitor").text()) ?? 5;
    const steps = Math.ceil(
      (props.at("mode", "replicated", "replicas").number() ?? 1) / Math.max(1, props.at("updateConfig", "parallelism").number() ?? 1),
    );
    const worst = steps * (start + monitor);
    if (timeout < worst) report(`the timeout of ${timeout} s is below the worst case of ${worst} s`, converge.at("timeout"));
  },
});
