import type { Fixtures } from "../fixtures/fixtures";
import { serviceTypeRule } from "./service-type";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: serviceTypeRule,
  good: [kube.clusterService, { ...edit(kube.clusterService, { "spec.type": "LoadBalancer" }), name: "edge-balancer" }],
  bad: [edit(kube.clusterService, { "spec.type": "NodePort" }), edit(kube.clusterService, { "spec.externalIPs": ["192.0.2.1"] })],
  unknown: [unknownAt(kube.clusterService, "spec.type")],
};
