import type { Fixtures } from "../fixtures/fixtures";
import { replicasRule } from "./replicas";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const single = edit(docker.service, { labels: REMOVE, "mode.replicated.replicas": 1 });

export const fixtures: Fixtures = {
  rule: replicasRule,
  good: [
    docker.service,
    docker.balancer,
    docker.database,
    docker.backup,
    kube.deployment,
    kube.statefulSet,
    [kube.scaledDeployment, kube.autoscaler],
  ],
  bad: [single, edit(single, { mode: REMOVE }), edit(kube.deployment, { "spec.replicas": 1 }), kube.scaledDeployment],
  unknown: [
    unknownAt(single, "mode.replicated.replicas"),
    unknownAt(kube.deployment, "spec.replicas"),
    [kube.scaledDeployment, unknownAt(kube.autoscaler, "spec.scaleTargetRef")],
  ],
};
