import type { Fixtures } from "../fixtures/fixtures";
import { probesDistinctRule } from "./probes-distinct";
import { edit } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: probesDistinctRule,
  good: [
    kube.deployment,
    kube.statefulSet,
    edit(kube.deployment, { "spec.template.spec.containers[0].livenessProbe.httpGet.path": "/ready" }),
  ],
  bad: [
    edit(kube.deployment, {
      "spec.template.spec.containers[0].livenessProbe": { httpGet: { path: "/", port: "http" }, timeoutSeconds: 1 },
      "spec.template.spec.containers[0].readinessProbe": { httpGet: { path: "/", port: "http" }, periodSeconds: 10, failureThreshold: 3 },
    }),
  ],
  unknown: [
    edit(kube.deployment, {
      "spec.template.spec.containers[0].livenessProbe": { httpGet: { path: UNKNOWN, port: "http" } },
      "spec.template.spec.containers[0].readinessProbe": { httpGet: { path: "/", port: "http" } },
    }),
  ],
};
