import { defineRule } from "../core/rule";
import { lastingContainers, PROBED_KINDS } from "../platforms/probes";

export const livenessProbeRule = defineRule({
  id: "health-liveness-probe",
  group: "health",
  title: "Every lasting container of a pod has a liveness probe.",
  severity: "high",
  why: "A process that hangs without exiting is restarted by nobody else.",
  fix: "Add a liveness probe that asks the process alone, not what it depends on.",
  example: `livenessProbe: { httpGet: { path: "/live", port: "http" }, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 3 }`,
  kinds: PROBED_KINDS,
  check({ view, report, each }) {
    each(lastingContainers(view), ({ at, label }) => {
      if (!at.at("livenessProbe").exists) report(`${label} has no liveness probe`, at);
    });
  },
});
