import { defineRule } from "../core/rule";
import { environmentOf, containersOf, podOf } from "../platforms/containers";
import { lastingContainers } from "../platforms/probes";
import { seconds } from "../platforms/quantity";

export const stopGraceRule = defineRule({
  id: "rollout-stop-grace",
  group: "rollout",
  title: "A process is given longer to stop than it needs to drain.",
  severity: "medium",
  why: "A replica killed while it still answers cuts requests off, and a database killed while it writes recovers for minutes.",
  fix: "Set stopGracePeriod, stopTimeout or terminationGracePeriodSeconds above the drain time (DRAIN_SECONDS, preStop sleep).",
  example: `stopGracePeriod: "40s"   // Kubernetes: terminationGracePeriodSeconds: 45`,
  kinds: ["docker/Service", "docker/Container", "apps/Deployment", "apps/StatefulSet"],
  parameters: {
    maxSeconds: { type: "number", description: "Longest grace time in seconds.", default: 3600, minimum: 1 },
    minSeconds: { type: "number", description: "Least grace time in seconds.", default: 15, minimum: 0 },
  },
  check({ view, props, report, parameter, each }) {
    const pod = podOf(view);
    const at = pod
      ? pod.spec.at("terminationGracePeriodSeconds")
      : view.kind === "docker/Service"
        ? props.at("taskSpec", "containerSpec", "stopGracePeriod")
        : props.at("stopTimeout");
    // Docker's default is 10 s, Kubernetes' 30 s.
    const grace = (view.kind === "docker/Service" ? seconds(at.text()) : at.number()) ?? (pod ? 30 : 10);
    if (grace > parameter<number>("maxSeconds"))
      report(`a process that does not stop is waited for ${grace} s, and every update with it`, at);
    if (grace < parameter<number>("minSeconds")) report(`the process is killed after ${grace} s`, at);
    each(pod ? lastingContainers(view) : containersOf(view), (container) => {
      const drain =
        environmentOf(container)
          .find(({ name }) => name === "DRAIN_SECONDS")
          ?.value.number() ?? 0;
      const sleep = pod ? (container.at.at("lifecycle", "preStop", "sleep", "seconds").number() ?? 0) : 0;
      if (drain + sleep > 0 && drain + sleep >= grace)
        report(`${container.label} drains for ${drain + sleep} s but is killed after ${grace} s`, at);
    });
  },
});
