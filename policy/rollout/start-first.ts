import { defineRule } from "../core/rule";
import { keepsData } from "../platforms/tiers";

export const startFirstRule = defineRule({
  id: "rollout-start-first",
  group: "rollout",
  title: "A stateless Swarm service starts the new replica first; one that keeps data or takes host ports stops the old one first.",
  severity: "medium",
  why: "Stop-first takes capacity away at every step. Start-first with a volume runs two writers on the same data, and with a host port the new replica never finds a node.",
  fix: "Set updateConfig.order to what fits.",
  example: `updateConfig: { order: "start-first" }`,
  kinds: ["docker/Service"],
  check({ view, props, report }) {
    const order = props.at("updateConfig", "order");
    const hostPorts = props
      .at("endpointSpec", "ports")
      .list()
      .some((port) => port.at("publishMode").text() === "host");
    const stopFirst = (order.text() ?? "stop-first") === "stop-first";
    if (keepsData(view)) {
      if (!stopFirst) report("the service keeps data but two replicas run during an update", order);
    } else if (hostPorts) {
      if (!stopFirst) report("the new replica cannot start while the old one holds the host port", order);
    } else if (stopFirst) report("a replica is stopped before its successor serves", order);
  },
});
