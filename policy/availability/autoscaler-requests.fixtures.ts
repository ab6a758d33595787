import type { Fixtures } from "../fixtures/fixtures";
import { autoscalerRequestsRule } from "./autoscaler-requests";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: autoscalerRequestsRule,
  good: [[kube.autoscaler, kube.scaledDeployment]],
  bad: [[kube.autoscaler, edit(kube.scaledDeployment, { "spec.template.spec.containers[0].resources.requests.cpu": REMOVE })]],
  unknown: [
    [unknownAt(kube.autoscaler, "spec.metrics"), kube.scaledDeployment],
    [kube.autoscaler, unknownAt(kube.scaledDeployment, "spec.template.spec.containers[0].resources")],
  ],
};
