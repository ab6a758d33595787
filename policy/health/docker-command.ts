import { defineRule } from "../core/rule";
import { dockerHealthcheck } from "../platforms/containers";
import { neverFails } from "../platforms/probes";

export const dockerCommandRule = defineRule({
  id: "health-docker-command",
  group: "health",
  title: "A Docker health check can fail.",
  severity: "high",
  why: "`true`, `echo ok`, `… || true` and curl without --fail report health no matter what the service does, which is worse than no check: it looks like one.",
  fix: "Ask the service itself and let the command's exit code through; begin the list with CMD or CMD-SHELL.",
  example: `tests: ["CMD", "curl", "--fail", "--silent", "http://127.0.0.1:3001/health"]`,
  kinds: ["docker/Service", "docker/Container"],
  check({ view, report }) {
    const tests = dockerHealthcheck(view).at("tests");
    const [form, ...words] = tests.texts();
    if (form === undefined || form === "NONE") return;
    if (form !== "CMD" && form !== "CMD-SHELL") return report(`the check begins with "${form}"; Docker wants CMD or CMD-SHELL`, tests);
    const problem = neverFails(words);
    if (problem) report(`the check command ${problem}`, tests);
  },
});
