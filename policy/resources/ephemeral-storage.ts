import { defineRule } from "../core/rule";
import { containersOf, POD_KINDS } from "../platforms/containers";
import { quantity } from "../platforms/quantity";

export const ephemeralStorageRule = defineRule({
  id: "resources-ephemeral-storage",
  group: "resources",
  title: "Every container of a pod reserves and limits ephemeral storage.",
  severity: "low",
  why: "Logs and temporary files otherwise fill the node's disk, and the kubelet evicts every pod on it.",
  fix: "Set requests and limits of ephemeral-storage.",
  example: `resources: { requests: { "ephemeral-storage": "128Mi" }, limits: { "ephemeral-storage": "512Mi" } }`,
  kinds: POD_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), ({ at, label }) => {
      for (const side of ["requests", "limits"]) {
        const amount = at.at("resources", side, "ephemeral-storage");
        if (!((quantity(amount.text()) ?? 0) > 0)) report(`${label} has no ${side} of ephemeral storage`, amount);
      }
    });
  },
});
