import type { Fixtures } from "../fixtures/fixtures";
import { autoscalerTargetRule } from "./autoscaler-target";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: autoscalerTargetRule,
  good: [[kube.autoscaler, kube.scaledDeployment], edit(kube.autoscaler, { "spec.scaleTargetRef": { kind: "Rollout", name: "x" } })],
  bad: [kube.autoscaler, [edit(kube.autoscaler, { "spec.scaleTargetRef.kind": "StatefulSet" }), kube.scaledDeployment]],
  unknown: [
    [unknownAt(kube.autoscaler, "spec.scaleTargetRef.name"), kube.scaledDeployment],
    [kube.autoscaler, unknownAt(kube.scaledDeployment, "metadata.name")],
  ],
};
