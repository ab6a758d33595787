import type { Fixtures } from "../fixtures/fixtures";
import { labelsRule } from "./labels";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: labelsRule,
  good: [
    docker.service,
    docker.container,
    kube.deployment,
    kube.ingress,
    edit(kube.deployment, {
      'metadata.annotations["checksum/config"]': "4f1c9a0b6d2e8f7350a1b2c3d4e5f60718293a4b5c6d7e8f9012a3b4c5d6e7f8",
    }),
  ],
  bad: [
    edit(docker.service, { labels: [{ label: "traefik.http.middlewares.a.basicauth.users", value: "admin:$apr1$x$y" }] }),
    edit(docker.container, { labels: [{ label: "slack.url", value: "https://hooks.slack.com/services/T000/B000/abcdef" }] }),
    edit(kube.deployment, { "metadata.annotations": { token: "hunter2" } }),
  ],
  unknown: [
    unknownAt(docker.service, "labels[0].value"),
    unknownAt(kube.ingress, "metadata.annotations"),
    unknownAt(docker.container, "labels"),
  ],
};
