import type { Fixtures } from "../fixtures/fixtures";
import { environmentReferenceRule } from "./environment-reference";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";
import { UNKNOWN } from "../core/unknown";

export const fixtures: Fixtures = {
  rule: environmentReferenceRule,
  good: [kube.deployment],
  bad: [
    edit(kube.deployment, {
      "spec.template.spec.containers[0].env[4]": { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "backend", key: "password" } } },
    }),
    edit(kube.deployment, { "spec.template.spec.containers[0].envFrom": [{ secretRef: { name: "backend" } }] }),
  ],
  unknown: [
    unknownAt(kube.deployment, "spec.template.spec.containers[0].env"),
    edit(kube.deployment, { "spec.template.spec.containers[0].envFrom": UNKNOWN }),
  ],
};
