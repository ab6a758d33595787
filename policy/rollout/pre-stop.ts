import { defineRule } from "../core/rule";
import { environmentOf } from "../platforms/containers";
import { lastingContainers } from "../platforms/probes";

export const preStopRule = defineRule({
  id: "rollout-pre-stop",
  group: "rollout",
  title: "A container that answers requests waits before it stops.",
  severity: "medium",
  why: "Kubernetes takes a pod out of its Services while it already stops it; requests of the next seconds meet a closed port.",
  fix: "Add a preStop sleep of a few seconds, or let the process drain itself (DRAIN_SECONDS).",
  example: `lifecycle: { preStop: { sleep: { seconds: 10 } } }`,
  kinds: ["apps/Deployment", "apps/StatefulSet", "apps/DaemonSet"],
  parameters: {
    ports: { type: "array", items: { type: "string" }, description: "Port names that take no requests to lose.", default: ["metrics"] },
  },
  check({ view, report, each, parameter }) {
    const ignored = parameter<string[]>("ports");
    each(lastingContainers(view), (container) => {
      const ports = container.at.at("ports").list();
      if (ports.every((port) => ignored.includes(port.at("name").text() ?? ""))) return;
      const preStop = container.at.at("lifecycle", "preStop");
      const waits = preStop.at("exec").exists || preStop.at("httpGet").exists || (preStop.at("sleep", "seconds").number() ?? 0) > 0;
      if (preStop.exists && waits) return;
      if (environmentOf(container).some(({ name }) => name === "DRAIN_SECONDS")) return;
      report(`${container.label} stops at once`, container.at);
    });
  },
});
