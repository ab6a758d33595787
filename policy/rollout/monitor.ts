import { defineRule } from "../core/rule";
import { dockerHealthcheck } from "../platforms/containers";
import { seconds } from "../platforms/quantity";

export const monitorRule = defineRule({
  id: "rollout-monitor",
  group: "rollout",
  title: "An update watches a new replica longer than its health check needs to fail.",
  severity: "high",
  why: "Swarm's default of 5 s calls an update good before the first check of the new version has failed; the rollback then never comes.",
  fix: "Set monitor to retries × (interval + timeout) + 5 s or more, for update and rollback.",
  example: `healthcheck: { interval: "10s", timeout: "3s", retries: 3 }, updateConfig: { monitor: "45s" }`,
  kinds: ["docker/Service"],
  parameters: { maxSeconds: { type: "number", description: "Longest time to watch a new replica in seconds.", default: 1800, minimum: 1 } },
  check({ view, props, report, each, parameter }) {
    const check = dockerHealthcheck(view);
    if (!check.exists) return;
    // Docker's defaults for what is not written or zero: 30 s interval and timeout, three retries.
    const time = (name: string) => seconds(check.at(name).text()) || 30;
    const needed = (check.at("retries").number() || 3) * (time("interval") + time("timeout")) + 5;
    each(["updateConfig", "rollbackConfig"], (name) => {
      if (!props.at(name).exists) return;
      const monitor = props.at(name, "monitor");
      const watched = seconds(monitor.text()) ?? 5;
      if (watched > parameter<number>("maxSeconds")) report(`${name} watches ${watched} s, and every step takes as long`, monitor);
      if (watched < needed) report(`${name} watches ${watched} s, but the health check needs ${needed} s to fail`, monitor);
    });
  },
});
