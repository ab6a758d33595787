import type { Fixtures } from "../fixtures/fixtures";
import { serviceSelectorRule } from "./service-selector";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: serviceSelectorRule,
  good: [
    [kube.clusterService, kube.deployment],
    kube.clusterService,
    [edit(kube.clusterService, { "spec.selector": REMOVE }), kube.deployment],
  ],
  bad: [
    [edit(kube.clusterService, { "spec.selector.app": "frontend" }), kube.deployment],
    [edit(kube.clusterService, { "spec.ports[0].targetPort": "web" }), kube.deployment],
    [edit(kube.clusterService, { "metadata.namespace": "other" }), kube.deployment],
  ],
  unknown: [
    [unknownAt(kube.clusterService, "spec.selector"), kube.deployment],
    [kube.clusterService, unknownAt(kube.deployment, "spec.template.metadata.labels")],
  ],
};
