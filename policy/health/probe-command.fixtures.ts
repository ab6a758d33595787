import type { Fixtures } from "../fixtures/fixtures";
import { probeCommandRule } from "./probe-command";
import { edit, unknownAt } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: probeCommandRule,
  good: [kube.deployment, kube.statefulSet],
  bad: [
    edit(kube.statefulSet, { "spec.template.spec.containers[0].readinessProbe.exec.command": ["/bin/true"] }),
    edit(kube.statefulSet, { "spec.template.spec.containers[0].readinessProbe.exec.command": ["sh", "-c", "pg_isready || true"] }),
    edit(kube.statefulSet, { "spec.template.spec.containers[0].startupProbe.exec.command": [] }),
  ],
  unknown: [unknownAt(kube.statefulSet, "spec.template.spec.containers[0].readinessProbe.exec.command")],
};
