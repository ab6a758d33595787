import type { MetricsTarget } from "../../workload";
import type { Settings } from "../options";
import type { AlertRule, RuleGroup } from "../rules";

function belowMinimum({ ref, tier, minimum }: MetricsTarget): AlertRule {
  const name = ref.fullName;
  return {
    alert: "ReplicasBelowMinimum",
    // A replica that is gone has left DNS and so has no `up` at all: count what is there, and nothing counts as 0.
    expr: `(sum(up{workload="${name}"}) or vector(0)) < ${minimum}`,
    forSeconds: 60,
    severity: "critical",
    labels: { tier, workload: name },
    summary: `${name} has fewer than ${minimum} replicas`,
    description: `{{ $value }} of at least ${minimum} replicas of ${name} answer. Look at why the others stopped and whether new ones can be placed.`,
  };
}

/** Whether everything that should answer does. */
export function availability(targets: readonly MetricsTarget[], { metricNames }: Settings): RuleGroup {
  return {
    name: "availability",
    rules: [
      {
        alert: "TargetDown",
        expr: "up == 0",
        forSeconds: 30,
        severity: "warning",
        summary: "A replica of {{ $labels.workload }} does not answer",
        description:
          "Replica {{ $labels.replica }} of {{ $labels.workload }} has not answered a scrape for 30 s. It hangs, or the network to it is gone.",
      },
      ...targets.filter(({ minimum }) => minimum > 0).map(belowMinimum),
      {
        alert: "ReplicaNotReady",
        expr: `${metricNames.ready} == 0`,
        forSeconds: 60,
        severity: "warning",
        summary: "A replica of {{ $labels.workload }} is not ready",
        description:
          "Replica {{ $labels.replica }} of {{ $labels.workload }} runs but has not been ready for 60 s; the balancer passes it by. Its readiness answer names the reason.",
      },
      {
        alert: "ServiceNotReady",
        expr: `max by (tier, workload) (${metricNames.ready}) == 0`,
        forSeconds: 20,
        severity: "critical",
        summary: "No replica of {{ $labels.workload }} is ready",
        description:
          "Every replica of {{ $labels.workload }} has been unready for 20 s, so requests to it fail. Look at the database and the cache first.",
      },
    ],
  };
}
