import { defineRule } from "../core/rule";
import { lastingContainers, PROBED_KINDS } from "../platforms/probes";

export const readinessProbeRule = defineRule({
  id: "health-readiness-probe",
  group: "health",
  title: "Every container that listens has a readiness probe.",
  severity: "high",
  why: "Without one a pod gets requests from its first moment and keeps them while its database is away or it drains.",
  fix: "Add a readiness probe that also asks for what a request needs.",
  example: `readinessProbe: { httpGet: { path: "/ready", port: "http" }, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 }`,
  kinds: PROBED_KINDS,
  check({ view, report, each }) {
    each(lastingContainers(view), ({ at, label }) => {
      if (at.at("ports").list().length > 0 && !at.at("readinessProbe").exists) report(`${label} has ports but no readiness probe`, at);
    });
  },
});
