import type { Fixtures } from "../fixtures/fixtures";
import { startupProbeRule } from "./startup-probe";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: startupProbeRule,
  good: [kube.deployment, kube.statefulSet],
  bad: [
    edit(kube.deployment, { "spec.template.spec.containers[0].startupProbe.periodSeconds": 600 }),
    edit(kube.deployment, { "spec.template.spec.containers[0].startupProbe": REMOVE }),
    edit(kube.deployment, { "spec.template.spec.containers[0].startupProbe.failureThreshold": 2 }),
  ],
  unknown: [
    unknownAt(kube.deployment, "spec.template.spec.containers[0].startupProbe"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].startupProbe.failureThreshold"),
  ],
};
