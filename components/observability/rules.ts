/** How soon somebody should look: `critical`: users notice now; `warning`: they will, or one replica is affected. */
export type Severity = "critical" | "warning";

/** A series computed at every evaluation, under a name of its own. */
export interface RecordingRule {
  /** Name by Prometheus' convention level:metric:operation. */
  record: string;
  /** PromQL. */
  expr: string;
}

/** A condition somebody is told about. */
export interface AlertRule {
  /** Name in CamelCase. Several rules may share one when their labels differ. */
  alert: string;
  /** PromQL; every series it returns is an alert. */
  expr: string;
  /** Seconds the condition has to hold. */
  forSeconds: number;
  severity: Severity;
  /** More labels. @default {} */
  labels?: Record<string, string>;
  /** One line; templates allowed. */
  summary: string;
  /** What happens, with the numbers, and where to look first; templates allowed. */
  description: string;
}

export type Rule = RecordingRule | AlertRule;

/** Rules evaluated together, in order. */
export interface RuleGroup {
  name: string;
  rules: Rule[];
}

/** Whether the rule is an alert. */
export function isAlert(rule: Rule): rule is AlertRule {
  return "alert" in rule;
}

/** The content of a Prometheus rule file, ready for YAML. */
export function ruleFile(groups: readonly RuleGroup[]): object {
  return {
    groups: groups.map(({ name, rules }) => ({
      name,
      rules: rules.map((rule) =>
        isAlert(rule)
          ? {
              alert: rule.alert,
              expr: rule.expr,
              for: `${rule.forSeconds}s`,
              labels: { severity: rule.severity, ...rule.labels },
              annotations: { summary: rule.summary, description: rule.description },
            }
          : { record: rule.record, expr: rule.expr },
      ),
    })),
  };
}
