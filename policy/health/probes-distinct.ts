import { defineRule } from "../core/rule";
import type { Reader } from "../core/reader";
import { lastingContainers, probeAction, PROBED_KINDS } from "../platforms/probes";

function question(probe: Reader): string {
  const action = probeAction(probe);
  return JSON.stringify([
    action?.kind,
    action?.at.json(),
    probe.at("failureThreshold").number() ?? 3,
    probe.at("periodSeconds").number() ?? 10,
  ]);
}

export const probesDistinctRule = defineRule({
  id: "health-probes-distinct",
  group: "health",
  title: "Liveness and readiness ask different questions, or liveness is clearly more patient.",
  severity: "medium",
  why: "When both fail at the same moment, a pod that only should leave the balancer is restarted too, and all replicas restart together when what they depend on is away.",
  fix: "Let liveness ask the process alone, or give it a longer period or more attempts than readiness.",
  example: `livenessProbe: { httpGet: { path: "/live", … } }, readinessProbe: { httpGet: { path: "/ready", … } }`,
  kinds: PROBED_KINDS,
  check({ view, report, each }) {
    each(lastingContainers(view), ({ at, label }) => {
      const [live, ready] = [at.at("livenessProbe"), at.at("readinessProbe")];
      if (live.exists && ready.exists && question(live) === question(ready))
        report(`${label} has the same liveness and readiness probe`, live);
    });
  },
});
