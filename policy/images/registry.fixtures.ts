import type { Fixtures } from "../fixtures/fixtures";
import { registryRule } from "./registry";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: registryRule,
  good: [docker.service, docker.container, kube.deployment],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.image": "10.0.0.7:5000/backend:1" }),
    edit(docker.container, { image: "images.example.org/frontend:1" }),
    edit(kube.deployment, { "spec.template.spec.containers[0].image": "evil.example/backend:1" }),
  ],
  unknown: [unknownAt(docker.service, "taskSpec.containerSpec.image"), unknownAt(kube.deployment, "spec.template.spec.containers")],
};
