import { defineRule } from "../core/rule";
import { lastingContainers, PROBED_KINDS, probesOf } from "../platforms/probes";

export const probeTimingRule = defineRule({
  id: "health-probe-timing",
  group: "health",
  title: "The timing of a probe finds a failure soon and forgives one lost answer.",
  severity: "medium",
  why: "A timeout above the period makes probes overlap, one failed liveness probe must not restart a pod, and a probe every few minutes leaves a dead pod in service.",
  fix: "Keep the timeout at or below the period, liveness at two failures or more, and the detection time in minutes at most.",
  example: `livenessProbe: { …, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 }`,
  kinds: PROBED_KINDS,
  parameters: {
    maxDetectionSeconds: {
      type: "number",
      description: "Longest time, in seconds, until a failure is noticed: periodSeconds × failureThreshold (liveness and readiness).",
      default: 180,
      minimum: 1,
    },
  },
  check({ view, report, each, parameter }) {
    each(lastingContainers(view), (container) => {
      each(probesOf(container), ({ name, probe }) => {
        const period = probe.at("periodSeconds").number() ?? 10;
        const threshold = probe.at("failureThreshold").number() ?? 3;
        const say = (problem: string) => report(`${container.label}: ${name} ${problem}`, probe);
        if ((probe.at("timeoutSeconds").number() ?? 1) > period) say(`has a timeout longer than its period of ${period} s`);
        if (name === "livenessProbe" && threshold < 2) say("restarts the container after a single failure");
        if (name !== "startupProbe" && period * threshold > parameter<number>("maxDetectionSeconds"))
          say(`notices a failure only after ${period * threshold} s`);
      });
    });
  },
});
