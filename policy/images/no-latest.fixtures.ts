import type { Fixtures } from "../fixtures/fixtures";
import { noLatestRule } from "./no-latest";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: noLatestRule,
  good: [docker.service, docker.container, kube.deployment, edit(docker.container, { image: "host:5000/shop:1" })],
  bad: [
    edit(docker.service, { "taskSpec.containerSpec.image": "nginx:latest" }),
    edit(docker.container, { image: "host:5000/nginx" }),
    edit(kube.cronJob, { "spec.jobTemplate.spec.template.spec.containers[0].image": "alpine" }),
  ],
  unknown: [unknownAt(docker.container, "image"), unknownAt(kube.cronJob, "spec.jobTemplate.spec.template.spec.containers[0].image")],
};
