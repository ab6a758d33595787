import type { Fixtures } from "../fixtures/fixtures";
import { probeTimingRule } from "./probe-timing";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: probeTimingRule,
  good: [kube.deployment, kube.statefulSet],
  bad: [
    edit(kube.deployment, { "spec.template.spec.containers[0].livenessProbe.failureThreshold": 1 }),
    edit(kube.deployment, { "spec.template.spec.containers[0].readinessProbe.timeoutSeconds": 10 }),
    edit(kube.deployment, { "spec.template.spec.containers[0].livenessProbe.periodSeconds": 120 }),
  ],
  unknown: [unknownAt(kube.deployment, "spec.template.spec.containers[0].livenessProbe.periodSeconds")],
};
