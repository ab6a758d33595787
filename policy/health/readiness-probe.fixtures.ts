import type { Fixtures } from "../fixtures/fixtures";
import { readinessProbeRule } from "./readiness-probe";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: readinessProbeRule,
  good: [
    kube.deployment,
    kube.statefulSet,
    edit(kube.deployment, { "spec.template.spec.containers[0].ports": REMOVE, "spec.template.spec.containers[0].readinessProbe": REMOVE }),
  ],
  bad: [
    edit(kube.deployment, { "spec.template.spec.containers[0].readinessProbe": REMOVE }),
    edit(kube.statefulSet, { "spec.template.spec.containers[0].readinessProbe": REMOVE }),
  ],
  unknown: [
    unknownAt(kube.deployment, "spec.template.spec.containers[0].readinessProbe"),
    unknownAt(kube.statefulSet, "spec.template.spec.containers[0].ports"),
  ],
};
