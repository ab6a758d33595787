import { withRunbooks, type RuleGroup } from "../observability";

/** Alerts about the auto-scaler itself; that its replica does not answer is told by the alerts every target has. */
export function autoscalerRules(): RuleGroup {
  return withRunbooks({
    name: "autoscaling",
    rules: [
      {
        alert: "AutoscalerProblem",
        expr: "max by (workload) (autoscaler_problems) > 0",
        forSeconds: 60,
        severity: "warning",
        summary: "The auto-scaler cannot do its work",
        description: "{{ $value }} problems keep the auto-scaler from its work for 1 min; its status page and its log name them.",
      },
      {
        alert: "AutoscalerStalled",
        expr: "time() - max by (workload) (autoscaler_last_cycle_timestamp_seconds) > 120",
        forSeconds: 0,
        severity: "critical",
        summary: "The auto-scaler has stopped looking",
        description: "The auto-scaler finished its last turn {{ $value | humanizeDuration }} ago; a turn takes seconds. Nothing is scaled.",
      },
      {
        alert: "AutoscalerBlind",
        expr: "min by (service) (autoscaler_signal_missing) == 1",
        forSeconds: 60,
        severity: "critical",
        summary: "{{ $labels.service }} is not scaled: none of its signals has data",
        description: "All signals of {{ $labels.service }} have had no data for 1 min. It keeps the replicas it has, whatever the load.",
      },
      {
        alert: "ScalingHeld",
        expr: 'min by (service) (max_over_time(autoscaler_decision{rule=~"rollout|paused|placement"}[1m])) == 1',
        forSeconds: 900,
        severity: "warning",
        summary: "A change of {{ $labels.service }} has been held for long",
        description:
          "For 15 min {{ $labels.service }} has not been scaled because a rollout runs, somebody paused it, or the nodes have no room. Its page says which.",
      },
      {
        alert: "ScalingAtMaximum",
        // One series a service, also while those of an auto-scaler that was replaced just now are not over.
        expr: 'max by (service) (autoscaler_replicas{state="desired"}) >= max by (service) (autoscaler_replicas{state="max"})',
        forSeconds: 300,
        severity: "warning",
        summary: "{{ $labels.service }} has as many replicas as it may",
        description:
          "{{ $labels.service }} has been at its maximum of {{ $value }} replicas for 5 min. More load finds no more capacity: raise the maximum.",
      },
      {
        alert: "ScalingSignalMissing",
        expr: "max by (service, signal) (autoscaler_signal_missing) == 1",
        forSeconds: 300,
        severity: "warning",
        summary: "{{ $labels.service }} is scaled without its signal {{ $labels.signal }}",
        description:
          "{{ $labels.signal }} of {{ $labels.service }} has had no data for 5 min: the service is not shrunk, and grows on its other signals only.",
      },
    ],
  });
}
