import { defineRule } from "../core/rule";

export const rollbackConfigRule = defineRule({
  id: "rollout-rollback-config",
  group: "rollout",
  title: "A Swarm service says how it is rolled back.",
  severity: "medium",
  why: "The defaults roll back stop-first without watching, which turns a failed update into an outage.",
  fix: "Set rollbackConfig with the order of the update and a parallelism below the number of replicas.",
  example: `rollbackConfig: { order: "start-first", parallelism: 1, failureAction: "pause", monitor: "45s" }`,
  kinds: ["docker/Service"],
  check({ props, report, scope }) {
    const rollback = props.at("rollbackConfig");
    if (!rollback.exists) return report("there is no rollback configuration", rollback);
    scope(() => {
      const parallelism = rollback.at("parallelism").number() ?? 1;
      const replicas = props.at("mode", "replicated", "replicas").number() ?? 1;
      if (parallelism === 0 || (parallelism > 1 && parallelism >= replicas))
        report("all replicas are rolled back at once", rollback.at("parallelism"));
    });
    scope(() => {
      const [order, wanted] = [rollback.at("order").text() ?? "stop-first", props.at("updateConfig", "order").text() ?? "stop-first"];
      if (order !== wanted) report(`the rollback is ${order} while the update is ${wanted}`, rollback.at("order"));
    });
  },
});
