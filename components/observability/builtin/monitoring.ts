import type { AlertRule, RuleGroup } from "../rules";

/** Monitoring itself. @param alertmanager whether alerts are sent to one */
export function monitoring(alertmanager: boolean): RuleGroup {
  const rules: AlertRule[] = [
    {
      alert: "RuleEvaluationFails",
      expr: "sum by (workload) (increase(prometheus_rule_evaluation_failures_total[5m])) > 0",
      forSeconds: 0,
      severity: "warning",
      summary: "Prometheus cannot evaluate its rules",
      description:
        '{{ printf "%.0f" $value }} rule evaluations failed in 5 min, so an alert may be missing. Prometheus\' log names the rule.',
    },
  ];
  if (alertmanager) {
    rules.push({
      alert: "NotificationsFail",
      expr: "sum by (workload) (rate(prometheus_notifications_errors_total[2m])) + sum by (workload) (rate(prometheus_notifications_dropped_total[2m])) > 0",
      forSeconds: 60,
      severity: "critical",
      summary: "Alerts do not reach Alertmanager",
      description: 'Prometheus fails to deliver {{ printf "%.2f" $value }} alerts a second to Alertmanager, so nobody is told of anything.',
    });
  }
  if (alertmanager) {
    rules.push({
      alert: "ReceiverUnreachable",
      expr: "sum by (tier, workload, integration) (increase(alertmanager_notifications_failed_total[5m])) > 0",
      forSeconds: 60,
      severity: "warning",
      summary: "Alertmanager cannot reach a receiver by {{ $labels.integration }}",
      description:
        '{{ printf "%.0f" $value }} messages by {{ $labels.integration }} failed in 5 min. Other receivers are told; Alertmanager\'s log names the error.',
    });
  }
  return { name: "monitoring", rules };
}
