import type { Fixtures } from "../fixtures/fixtures";
import { selectorMatchesRule } from "./selector-matches";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

export const fixtures: Fixtures = {
  rule: selectorMatchesRule,
  good: [kube.deployment, kube.statefulSet],
  bad: [edit(kube.deployment, { "spec.template.metadata.labels.app": "other" }), edit(kube.statefulSet, { "spec.selector": REMOVE })],
  unknown: [unknownAt(kube.deployment, "spec.template.metadata.labels.app"), unknownAt(kube.deployment, "spec.selector")],
};
