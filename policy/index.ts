import { evaluateRules, type EvaluateOptions, type Report } from "./core/evaluate";
import type { Resource } from "./core/resource";
import { rules } from "./rules";

export { rules };
export type { EvaluateOptions, Finding, Report } from "./core/evaluate";
export type { Exemption } from "./core/exemptions";
export type { Resource } from "./core/resource";
export { GROUPS, type Group, type ParameterSchema, type ResourceRule, type Rule, type Severity, type StackRule } from "./core/rule";
export { PRESETS, SettingsError, type Level, type Preset, type Settings } from "./core/settings";
export { readState, StateError } from "./core/state";
export { isUnknown, UNKNOWN } from "./core/unknown";

/**
 * Runs every rule on resources, for use in unit tests: pass what a program registers (from Pulumi mocks, say) and look at the findings.
 *
 * @example
 * const report = evaluate([{ type: "docker:index/service:Service", name: "backend", props }], { preset: "strict" });
 * assert.deepEqual(report.findings, []);
 * @throws SettingsError when the settings name an unknown rule or carry a wrong type
 */
export function evaluate(resources: readonly Resource[], options: EvaluateOptions = {}): Report {
  return evaluateRules(rules, resources, options);
}
