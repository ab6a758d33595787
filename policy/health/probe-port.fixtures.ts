import type { Fixtures } from "../fixtures/fixtures";
import { probePortRule } from "./probe-port";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: probePortRule,
  good: [kube.deployment, kube.statefulSet, edit(kube.deployment, { "spec.template.spec.containers[0].livenessProbe.httpGet.port": 3001 })],
  bad: [
    edit(kube.deployment, { "spec.template.spec.containers[0].livenessProbe.httpGet.port": "web" }),
    edit(kube.deployment, { "spec.template.spec.containers[0].readinessProbe.httpGet.port": 8080 }),
    edit(kube.deployment, { "spec.template.spec.containers[0].startupProbe": { periodSeconds: 10, failureThreshold: 10 } }),
  ],
  unknown: [
    unknownAt(kube.deployment, "spec.template.spec.containers[0].livenessProbe.httpGet.port"),
    unknownAt(
      kube.statefulSet,
      "spec.template.spec.containers[0].ports[0].containerPort",
      "spec.template.spec.containers[0].ports[0].name",
    ),
  ],
};
