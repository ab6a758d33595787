import type { Fixtures } from "../fixtures/fixtures";
import { fixedNameRule } from "./fixed-name";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: fixedNameRule,
  good: [
    docker.secret,
    docker.config,
    kube.secret,
    kube.configMap,
    edit(docker.secret, { name: REMOVE }),
    edit(kube.secret, { "metadata.annotations": REMOVE, "metadata.name": "fixed" }),
  ],
  bad: [
    edit(docker.secret, { name: "database-password" }),
    edit(docker.config, { name: "nginx.conf" }),
    edit(kube.secret, { "metadata.annotations": REMOVE, "metadata.name": "backend", immutable: true }),
  ],
  unknown: [unknownAt(docker.secret, "name"), unknownAt(kube.secret, "metadata")],
};
