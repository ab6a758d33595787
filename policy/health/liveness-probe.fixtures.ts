import type { Fixtures } from "../fixtures/fixtures";
import { livenessProbeRule } from "./liveness-probe";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: livenessProbeRule,
  good: [kube.deployment, kube.statefulSet],
  bad: [
    edit(kube.deployment, { "spec.template.spec.containers[0].livenessProbe": REMOVE }),
    edit(kube.statefulSet, { "spec.template.spec.initContainers": [{ name: "proxy", image: "proxy:1", restartPolicy: "Always" }] }),
  ],
  unknown: [unknownAt(kube.deployment, "spec.template.spec.containers[0].livenessProbe"), unknownAt(kube.deployment, "spec.template")],
};
