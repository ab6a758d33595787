import type { Fixtures } from "../fixtures/fixtures";
import { spreadRule } from "./spread";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: spreadRule,
  good: [docker.service, docker.balancer, docker.database, kube.deployment, kube.statefulSet],
  bad: [
    edit(docker.service, { "taskSpec.placement.prefs": REMOVE }),
    edit(kube.deployment, { "spec.template.spec.topologySpreadConstraints": REMOVE }),
    edit(kube.deployment, { "spec.template.spec.topologySpreadConstraints[0].labelSelector.matchLabels.app": "other" }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.placement"),
    unknownAt(kube.deployment, "spec.template.spec.topologySpreadConstraints"),
    unknownAt(kube.deployment, "spec.template.metadata.labels"),
  ],
};
