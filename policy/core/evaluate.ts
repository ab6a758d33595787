import { EXEMPTION_POLICY, ExemptionRegister, type Exemption } from "./exemptions";
import { viewsOf, type Resource } from "./resource";
import { isStackRule, type ResourceRule, type Rule, type Severity } from "./rule";
import { runResourceRule, runStackRule, type Outcome } from "./run-rule";
import { resolveSettings, type Level, type Preset, type Settings } from "./settings";
import { StackIndex } from "./stack-index";

/** One thing a run has to say. */
export interface Finding {
  /** Rule id, or `exemptions` for a problem with an exemption. */
  rule: string;
  severity: Severity;
  /**
   * `violation`; `undecidable`: a needed value is unknown (always advisory); `failed`: the rule threw (always mandatory);
   * `exempted`: a violation somebody gave a reason for (always advisory).
   */
  outcome: Outcome["outcome"] | "exempted";
  level: Exclude<Level, "disabled">;
  message: string;
  /** Place in the inputs. */
  path?: string;
  /** Empty for a finding about the stack as a whole. */
  urn: string;
  type: string;
  name: string;
}

/** The result of a run. */
export interface Report {
  findings: Finding[];
  exemptions: Exemption[];
  /** Number of resources looked at. */
  resources: number;
  /** Number of rules that ran. */
  rules: number;
  /** Whether no mandatory finding was made. */
  passed: boolean;
}

/** How to run. */
export interface EvaluateOptions {
  /** @default "standard" */
  preset?: Preset;
  /** Levels and parameters by rule id. */
  settings?: Settings;
  /** Day exemptions are held against, `YYYY-MM-DD`. @default today, UTC */
  today?: string;
}

/** Turns what a rule found into what is shown: exemptions applied, levels set. */
export function toFinding(rule: Rule, found: Outcome, level: Level, register: ExemptionRegister): Finding {
  const base = {
    rule: rule.id,
    severity: rule.severity,
    path: found.path,
    urn: found.view?.urn ?? "",
    type: found.view?.type ?? "",
    name: found.view?.name ?? "",
  };
  const enforced = level === "disabled" ? "advisory" : level;
  if (found.outcome === "undecidable") return { ...base, outcome: "undecidable", level: "advisory", message: found.message };
  if (found.outcome === "failed") return { ...base, outcome: "failed", level: "mandatory", message: found.message };
  const exemption = register.find(base.urn, rule.id);
  if (!exemption) return { ...base, outcome: "violation", level: enforced, message: found.message };
  exemption.used = true;
  const until = exemption.expires ? `, until ${exemption.expires}` : "";
  return { ...base, outcome: "exempted", level: "advisory", message: `exempted (${exemption.reason}${until}): ${found.message}` };
}

/** What there is to say about the exemptions of a run once all rules ran. */
export function exemptionFindings(register: ExemptionRegister): Finding[] {
  const base = { rule: EXEMPTION_POLICY, severity: "medium" as const, outcome: "violation" as const, type: "", name: "" };
  const named = (urn: string) => ({ ...base, urn, name: urn.split("::").pop() ?? "", type: urn.split("::")[2]?.split("$").pop() ?? "" });
  return [
    ...register.problems().map(({ urn, problem }) => ({ ...named(urn), level: "mandatory" as const, message: problem })),
    ...register.all().flatMap((exemption) => {
      if (exemption.expired) {
        const message = `exemption from "${exemption.rule}" expired on ${exemption.expires} (${exemption.reason}) and no longer counts`;
        return [{ ...named(exemption.urn), level: "advisory" as const, message }];
      }
      if (exemption.used) return [];
      const message = `exemption from "${exemption.rule}" (${exemption.reason}) is not needed; remove it`;
      return [{ ...named(exemption.urn), level: "advisory" as const, message }];
    }),
  ];
}

/** Resource rules by the kind they look at. */
export function rulesByKind(rules: readonly Rule[]): ReadonlyMap<string, ResourceRule[]> {
  const map = new Map<string, ResourceRule[]>();
  for (const rule of rules) {
    if (isStackRule(rule)) continue;
    for (const kind of rule.kinds) {
      const list = map.get(kind);
      if (list) list.push(rule);
      else map.set(kind, [rule]);
    }
  }
  return map;
}

/**
 * Runs rules on resources: the function behind the pack and the command line, and the one to call in unit tests.
 * @throws SettingsError when the settings name an unknown rule or carry a wrong type
 */
export function evaluateRules(rules: readonly Rule[], resources: readonly Resource[], options: EvaluateOptions = {}): Report {
  const settings = resolveSettings(rules, options.preset ?? "standard", options.settings);
  const register = new ExemptionRegister(new Set(rules.map((rule) => rule.id)), options.today);
  const enabled = rules.filter((rule) => settings.level(rule) !== "disabled");
  const byKind = rulesByKind(enabled);
  const findings: Finding[] = [];
  for (const resource of resources) for (const view of viewsOf(resource)) register.add(view);
  for (const resource of resources) {
    for (const view of viewsOf(resource)) {
      for (const rule of byKind.get(view.kind) ?? []) {
        for (const found of runResourceRule(rule, view, settings.parameters(rule))) {
          findings.push(toFinding(rule, found, settings.level(rule), register));
        }
      }
    }
  }
  const index = new StackIndex(resources);
  for (const rule of enabled) {
    if (!isStackRule(rule)) continue;
    for (const found of runStackRule(rule, index, settings.parameters(rule))) {
      findings.push(toFinding(rule, found, settings.level(rule), register));
    }
  }
  findings.push(...exemptionFindings(register));
  return {
    findings,
    exemptions: register.all(),
    resources: resources.length,
    rules: enabled.length,
    passed: !findings.some((finding) => finding.level === "mandatory"),
  };
}
