import type { Fixtures } from "../fixtures/fixtures";
import { ingressBackendRule } from "./ingress-backend";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: ingressBackendRule,
  good: [[kube.ingress, kube.clusterService], kube.ingress],
  bad: [
    [edit(kube.ingress, { "spec.rules[0].http.paths[0].backend.service.name": "frontend" }), kube.clusterService],
    [edit(kube.ingress, { "spec.rules[0].http.paths[0].backend.service.port": { number: 8080 } }), kube.clusterService],
  ],
  unknown: [
    [kube.ingress, unknownAt(kube.clusterService, "metadata.name")],
    [unknownAt(kube.ingress, "spec.rules"), kube.clusterService],
  ],
};
