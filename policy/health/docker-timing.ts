import { defineRule } from "../core/rule";
import { dockerHealthcheck } from "../platforms/containers";
import { seconds } from "../platforms/quantity";

export const dockerTimingRule = defineRule({
  id: "health-docker-timing",
  group: "health",
  title: "The timing of a Docker health check finds a failure soon and forgives a slow start.",
  severity: "medium",
  why: "Docker's defaults (30 s interval and timeout, no start period) are applied silently; a missing or zero value means minutes of a dead replica in service, or a slow starter that is killed over and over.",
  fix: "Write interval, timeout, retries and start period out; the interval at most five minutes, at least two retries. The timeout may be longer than the interval: Docker counts the interval from the end of a check.",
  example: `healthcheck: { tests: […], interval: "30s", timeout: "10s", retries: 3, startPeriod: "60s" }`,
  kinds: ["docker/Service", "docker/Container"],
  parameters: {
    maxStartSeconds: { type: "number", description: "Longest start period in seconds.", default: 1800, minimum: 1 },
    maxDetectionSeconds: {
      type: "number",
      description: "Longest time, in seconds, until a dead replica is noticed: retries × (interval + timeout).",
      default: 180,
      minimum: 1,
    },
  },
  check({ view, report, parameter, scope }) {
    const check = dockerHealthcheck(view);
    if (!check.exists || check.at("tests").texts()[0] === "NONE") return;
    const time = (name: string) => seconds(check.at(name).text()) ?? 0;
    for (const name of ["interval", "timeout", "startPeriod"]) {
      scope(() => {
        if (time(name) <= 0) report(`${name} is not set`, check.at(name));
      });
    }
    scope(() => {
      const start = time("startPeriod");
      if (start > parameter<number>("maxStartSeconds"))
        report(`failures are forgiven for ${start} s after the start`, check.at("startPeriod"));
    });
    scope(() => {
      const retries = check.at("retries").number() ?? 0;
      if (retries < 2) report(`retries is ${retries || "not set"}: one lost answer makes the replica unhealthy`, check.at("retries"));
    });
    scope(() => {
      const detection = (check.at("retries").number() ?? 3) * (time("interval") + time("timeout"));
      if (detection > parameter<number>("maxDetectionSeconds")) report(`a dead replica is noticed only after ${detection} s`, check);
    });
  },
});
