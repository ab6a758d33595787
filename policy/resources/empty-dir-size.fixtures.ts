import type { Fixtures } from "../fixtures/fixtures";
import { emptyDirSizeRule } from "./empty-dir-size";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: emptyDirSizeRule,
  good: [kube.deployment],
  bad: [
    edit(kube.deployment, { "spec.template.spec.volumes[0].emptyDir.sizeLimit": "0" }),
    edit(kube.deployment, { "spec.template.spec.volumes[0].emptyDir": {} }),
  ],
  unknown: [
    unknownAt(kube.deployment, "spec.template.spec.volumes[0].emptyDir.sizeLimit"),
    unknownAt(kube.deployment, "spec.template.spec.volumes"),
  ],
};
