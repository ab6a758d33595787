/** How soon somebody should look: `critical`: users notice now; `warning`: they will, or one replica is affected. */
export const SEVERITIES = ["critical", "warning"] as const;
export type Severity = (typeof SEVERITIES)[number];

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
  /** The page that says what to do: a path below the tier's `runbooks`, or an address. @default none */
  runbook?: string;
}

export type Rule = RecordingRule | AlertRule;

/** Rules evaluated together, in order. */
export interface RuleGroup {
  name: string;
  /** Seconds between two evaluations. @default the tier's scrape interval */
  interval?: number;
  rules: Rule[];
}

/** Whether the rule is an alert. */
export function isAlert(rule: Rule): rule is AlertRule {
  return "alert" in rule;
}

/** The group with a runbook for each alert that has none: the page of the group's name, at the alert's heading. */
export function withRunbooks(group: RuleGroup): RuleGroup {
  const page = (rule: AlertRule): AlertRule => ({ runbook: `${group.name}.md#${rule.alert.toLowerCase()}`, ...rule });
  return { ...group, rules: group.rules.map((rule) => (isAlert(rule) ? page(rule) : rule)) };
}

function annotations({ summary, description, runbook }: AlertRule, runbooks: string): Record<string, string> {
  if (runbook === undefined) return { summary, description };
  return { summary, description, runbook_url: URL.canParse(runbook) ? runbook : `${runbooks}/${runbook}` };
}

/**
 * The content of a Prometheus rule file, ready for YAML.
 * @param runbooks where runbooks are, without a slash at its end
 */
export function ruleFile(groups: readonly RuleGroup[], runbooks: string): object {
  return {
    groups: groups.map(({ name, interval, rules }) => ({
      name,
      ...(interval === undefined ? {} : { interval: `${interval}s` }),
      rules: rules.map((rule) =>
        isAlert(rule)
          ? {
              alert: rule.alert,
              expr: rule.expr,
              for: `${rule.forSeconds}s`,
              labels: { severity: rule.severity, ...rule.labels },
              annotations: annotations(rule, runbooks),
            }
          : { record: rule.record, expr: rule.expr },
      ),
    })),
  };
}
