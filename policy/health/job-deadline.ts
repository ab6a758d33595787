import { defineRule } from "../core/rule";

export const jobDeadlineRule = defineRule({
  id: "health-job-deadline",
  group: "health",
  title: "A job has a deadline and a limited number of attempts.",
  severity: "medium",
  why: "Jobs carry no probes; a hung one holds its resources for ever and, in a CronJob that forbids overlap, silently stops all later runs.",
  fix: "Set activeDeadlineSeconds and backoffLimit.",
  example: `spec: { activeDeadlineSeconds: 600, backoffLimit: 3, … }`,
  kinds: ["batch/Job", "batch/CronJob"],
  parameters: { maxAttempts: { type: "integer", description: "Largest backoffLimit.", default: 6, minimum: 0 } },
  check({ view, props, report, parameter, scope }) {
    const spec = view.kind === "batch/Job" ? props.at("spec") : props.at("spec", "jobTemplate", "spec");
    scope(() => {
      if (!((spec.at("activeDeadlineSeconds").number() ?? 0) > 0)) report("the job has no deadline", spec.at("activeDeadlineSeconds"));
    });
    scope(() => {
      const limit = spec.at("backoffLimit").number();
      if (limit === undefined) report("the number of attempts is not set", spec.at("backoffLimit"));
      else if (limit > parameter<number>("maxAttempts")) report(`the job is tried ${limit + 1} times`, spec.at("backoffLimit"));
    });
  },
});
