import type { Settings } from "../options";
import type { RuleGroup } from "../rules";
import { percent } from "./percent";
import { FEWEST_REQUESTS, RECORDED, recordings } from "./recorded";

/** Errors, latencies and queues, as they are now. */
export function traffic(settings: Settings): RuleGroup {
  const { thresholds } = settings;
  const enough = `and on (tier, workload) ${RECORDED.requests} > ${FEWEST_REQUESTS}`;
  return {
    name: "traffic",
    // In the same group and before the alerts that read them, so that those see this evaluation's values.
    rules: [
      ...recordings(settings),
      {
        alert: "HighErrorRatio",
        expr: `${RECORDED.errorRatio} > ${thresholds.errorRatio} ${enough}`,
        forSeconds: 60,
        severity: "critical",
        summary: "{{ $labels.workload }} answers with server errors",
        description: `{{ $value | humanizePercentage }} of the answers of {{ $labels.workload }} are 5xx, more than ${percent(thresholds.errorRatio)}, for 60 s. Its logs name the errors.`,
      },
      {
        alert: "HighLatency",
        expr: `${RECORDED.latency} > ${thresholds.latencySeconds} ${enough}`,
        forSeconds: 120,
        severity: "warning",
        summary: "{{ $labels.workload }} answers slowly",
        description: `1 in 100 answers of {{ $labels.workload }} takes longer than {{ $value | humanizeDuration }}, above ${thresholds.latencySeconds} s, for 2 min. Compare its CPU with the limit and the database's.`,
      },
      {
        alert: "QueueGrowing",
        expr: `${RECORDED.queue} > ${thresholds.queueJobs} and deriv(${RECORDED.queue}[5m]) > 0`,
        forSeconds: 120,
        severity: "warning",
        summary: "Jobs of queue {{ $labels.queue }} wait longer and longer",
        description: `{{ $value }} jobs wait in queue {{ $labels.queue }}, more than ${thresholds.queueJobs} and growing for 2 min. Add replicas, or find what slows the jobs down.`,
      },
    ],
  };
}
