import type { Fixtures } from "../fixtures/fixtures";
import { autoscalerReplicasRule } from "./autoscaler-replicas";
import { unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: autoscalerReplicasRule,
  good: [[kube.autoscaler, kube.scaledDeployment]],
  bad: [
    [kube.autoscaler, kube.deployment],
    [kube.autoscaler, unknownAt(kube.deployment, "spec.replicas")],
  ],
  unknown: [[unknownAt(kube.autoscaler, "spec.scaleTargetRef.name"), kube.deployment]],
};
