import { defineRule } from "../core/rule";
import { lastingContainers, PROBED_KINDS } from "../platforms/probes";

export const startupProbeRule = defineRule({
  id: "health-startup-probe",
  group: "health",
  title: "A container with a liveness probe has a startup probe, so that a slow start is not taken for a hang.",
  severity: "medium",
  why: "Liveness tuned for a running process kills one that starts slowly, on the busy day when all start slowly; a long initial delay instead leaves hangs unnoticed.",
  fix: "Add a startup probe with the liveness action and enough attempts for the slowest start.",
  example: `startupProbe: { httpGet: { path: "/live", port: "http" }, periodSeconds: 5, failureThreshold: 24 }`,
  kinds: PROBED_KINDS,
  parameters: {
    maxStartSeconds: { type: "number", description: "Longest time, in seconds, the startup probe may allow.", default: 1800, minimum: 1 },
    minStartSeconds: {
      type: "number",
      description: "Least time, in seconds, the startup probe has to allow: periodSeconds × failureThreshold.",
      default: 30,
      minimum: 1,
    },
  },
  check({ view, report, each, parameter }) {
    each(lastingContainers(view), ({ at, label }) => {
      if (!at.at("livenessProbe").exists) return;
      const startup = at.at("startupProbe");
      if (!startup.exists) return report(`${label} has no startup probe`, at);
      const allowed = (startup.at("periodSeconds").number() ?? 10) * (startup.at("failureThreshold").number() ?? 3);
      if (allowed > parameter<number>("maxStartSeconds")) report(`${label} may take ${allowed} s to start before anybody acts`, startup);
      if (allowed < parameter<number>("minStartSeconds")) report(`${label} is given only ${allowed} s to start`, startup);
    });
  },
});
