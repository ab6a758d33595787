import { defineRule } from "../core/rule";

export const cronJobRule = defineRule({
  id: "rollout-cron-job",
  group: "rollout",
  title: "A CronJob does not overlap itself, catches up after a missed start, and keeps its last runs.",
  severity: "medium",
  why: "By default a slow run is joined by the next; after 100 missed starts without a deadline a CronJob never runs again; without history a failure leaves no trace.",
  fix: "Set concurrencyPolicy, startingDeadlineSeconds and the history limits.",
  example: `spec: { concurrencyPolicy: "Forbid", startingDeadlineSeconds: 3600, failedJobsHistoryLimit: 3 }`,
  kinds: ["batch/CronJob"],
  check({ props, report, scope }) {
    const spec = props.at("spec");
    scope(() => {
      if (!["Forbid", "Replace"].includes(spec.at("concurrencyPolicy").text() ?? "Allow"))
        report("runs may overlap", spec.at("concurrencyPolicy"));
    });
    scope(() => {
      // Below ten seconds the controller, which looks every ten seconds, may never start the job.
      const deadline = spec.at("startingDeadlineSeconds");
      if ((deadline.number() ?? 0) < 10) report("there is no starting deadline of ten seconds or more", deadline);
    });
    scope(() => {
      if (spec.at("failedJobsHistoryLimit").number() === 0) report("failed runs leave no trace", spec.at("failedJobsHistoryLimit"));
    });
    scope(() => {
      if (spec.at("suspend").flag() === true) report("the job is suspended", spec.at("suspend"));
    });
  },
});
