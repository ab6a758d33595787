import { defineRule } from "../core/rule";
import { lastingContainers, neverFails, PROBED_KINDS, probesOf } from "../platforms/probes";

export const probeCommandRule = defineRule({
  id: "health-probe-command",
  group: "health",
  title: "The command of an exec probe can fail.",
  severity: "high",
  why: "A probe that always succeeds looks like a health check and is none.",
  fix: "Run a command that asks the service and let its exit code through.",
  example: `livenessProbe: { exec: { command: ["pg_isready", "-U", "postgres"] } }`,
  kinds: PROBED_KINDS,
  check({ view, report, each }) {
    each(lastingContainers(view), (container) => {
      each(probesOf(container), ({ name, probe }) => {
        const command = probe.at("exec", "command");
        if (!probe.at("exec").exists) return;
        const problem = neverFails(command.texts());
        if (problem) report(`${container.label}: the command of ${name} ${problem}`, command);
      });
    });
  },
});
