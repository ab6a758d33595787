import type { Fixtures } from "../fixtures/fixtures";
import { preStopRule } from "./pre-stop";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: preStopRule,
  good: [
    kube.deployment,
    edit(kube.deployment, {
      "spec.template.spec.containers[0].ports[0].name": "metrics",
      "spec.template.spec.containers[0].lifecycle": REMOVE,
    }),
  ],
  bad: [
    edit(kube.deployment, { "spec.template.spec.containers[0].lifecycle.preStop.sleep.seconds": 0 }),
    edit(kube.deployment, { "spec.template.spec.containers[0].lifecycle": REMOVE }),
  ],
  unknown: [
    unknownAt(kube.deployment, "spec.template.spec.containers[0].lifecycle"),
    unknownAt(kube.deployment, "spec.template.spec.containers[0].ports"),
  ],
};
