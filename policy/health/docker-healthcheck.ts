import { defineRule } from "../core/rule";
import { containersOf, dockerHealthcheck } from "../platforms/containers";

export const dockerHealthcheckRule = defineRule({
  id: "health-docker-healthcheck",
  group: "health",
  title: "Every Docker service and container has a health check.",
  severity: "high",
  why: "Without one, Docker calls a process healthy as soon as it runs: a hung replica keeps its traffic, and an update goes on although the new version never answered.",
  fix: "Set a health check in the service's container spec; a check inherited from the image is not visible here and changes with it.",
  example: `healthcheck: { tests: ["CMD", "wget", "-q", "--spider", "http://127.0.0.1:3001/health"], interval: "30s", timeout: "10s", retries: 3, startPeriod: "60s" }`,
  frameworks: ["CIS Docker 4.6", "CIS Docker 5.27"],
  kinds: ["docker/Service", "docker/Container"],
  check({ view, report }) {
    if (containersOf(view).some((container) => container.init)) return;
    const tests = dockerHealthcheck(view).at("tests");
    const words = tests.list();
    if (words.length === 0) report("there is no health check", tests);
    else if (words[0]!.text() === "NONE") report("the health check is switched off with NONE", tests);
  },
});
