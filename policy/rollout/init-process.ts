import { defineRule } from "../core/rule";

export const initProcessRule = defineRule({
  id: "rollout-init-process",
  group: "rollout",
  title: "A Docker service or container runs an init process that passes signals on.",
  severity: "low",
  why: "As process 1 many programs ignore SIGTERM and are killed at the end of the grace time, and nobody reaps their children.",
  fix: "Set init: true.",
  example: `containerSpec: { init: true }`,
  kinds: ["docker/Service", "docker/Container"],
  check({ view, props, report }) {
    const init = view.kind === "docker/Service" ? props.at("taskSpec", "containerSpec", "init") : props.at("init");
    if (init.flag() !== true) report("there is no init process", init);
  },
});
