import type { Fixtures } from "../fixtures/fixtures";
import { digestRule } from "./digest";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: digestRule,
  good: [
    docker.service,
    docker.container,
    kube.deployment,
    edit(docker.container, { image: "shop-backend:4f1c9a0b6d2e" }),
    edit(docker.container, { image: "sha256:4f1c9a0b6d2e8f7350a1b2c3d4e5f60718293a4b5c6d7e8f9012a3b4c5d6e7f8" }),
  ],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.image": "postgres:17.2" }),
    edit(docker.container, { image: "shop/frontend:v1" }),
    edit(kube.deployment, { "spec.template.spec.containers[0].image": "backend:1.4.2" }),
    edit(kube.deployment, { "spec.template.spec.initContainers": [{ name: "wait", image: "busybox:1.37" }] }),
  ],
  unknown: [
    unknownAt(docker.service, "taskSpec.containerSpec.image"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].image"),
  ],
};
