import type { Fixtures } from "../fixtures/fixtures";
import { autoscalerLabelsRule } from "./autoscaler-labels";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";

export const fixtures: Fixtures = {
  rule: autoscalerLabelsRule,
  good: [docker.service, docker.balancer, docker.container],
  bad: [
    edit(docker.service, { "labels[2].value": "2" }),
    edit(docker.service, { "labels[1].value": "two" }),
    edit(docker.service, { "labels[0].value": "yes" }),
    edit(docker.service, { "labels[3].value": "170" }),
    edit(docker.service, { "mode.replicated.replicas": 11 }),
    edit(docker.container, {
      labels: [
        { label: "autoscaler.enable", value: "true" },
        { label: "autoscaler.max_replicas", value: "1" },
      ],
    }),
  ],
  unknown: [
    unknownAt(docker.service, "labels[1].value"),
    unknownAt(docker.service, "mode.replicated.replicas"),
    unknownAt(docker.container, "labels"),
  ],
};
