import { defineRule } from "../core/rule";

export const historyRule = defineRule({
  id: "rollout-history",
  group: "rollout",
  title: "A workload keeps an older revision to go back to, and its progress deadline outlasts its readiness time.",
  severity: "low",
  why: "With a revision history of 0 there is nothing to roll back to, and a deadline below minReadySeconds fails every rollout.",
  fix: "Keep revisionHistoryLimit at 1 or more and progressDeadlineSeconds above minReadySeconds.",
  example: `spec: { revisionHistoryLimit: 5, progressDeadlineSeconds: 300, minReadySeconds: 5 }`,
  kinds: ["apps/Deployment", "apps/StatefulSet", "apps/DaemonSet"],
  check({ props, report, scope }) {
    const spec = props.at("spec");
    scope(() => {
      if (spec.at("revisionHistoryLimit").number() === 0) report("no older revision is kept", spec.at("revisionHistoryLimit"));
    });
    scope(() => {
      const deadline = spec.at("progressDeadlineSeconds");
      if ((deadline.number() ?? 600) <= (spec.at("minReadySeconds").number() ?? 0))
        report("the progress deadline is not above minReadySeconds", deadline);
    });
  },
});
