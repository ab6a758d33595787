import type { ParameterSchema, Rule, Severity } from "./rule";

/** What a violation does: fails the run, is only shown, or is not looked for. */
export type Level = "mandatory" | "advisory" | "disabled";

/** Ready-made levels: `advisory` shows all, `standard` enforces what is high or critical, `strict` enforces all. */
export type Preset = "advisory" | "standard" | "strict";
export const PRESETS: readonly Preset[] = ["advisory", "standard", "strict"];

/** Level and parameters of one rule; a bare level is short for `{ enforcementLevel }`. Same form as Pulumi's `--policy-pack-config`. */
export type RuleSettings = Level | ({ enforcementLevel?: Level } & Record<string, unknown>);

/** Level and parameters by rule id; `all` sets the level of every rule not named. */
export type Settings = Readonly<Record<string, RuleSettings>>;

/** Everything wrong with a configuration, one problem a line. */
export class SettingsError extends Error {
  constructor(readonly problems: string[]) {
    super(problems.join("\n"));
    this.name = "SettingsError";
  }
}

/** The level a preset gives a rule of this severity. */
export function presetLevel(preset: Preset, severity: Severity): Level {
  if (preset === "strict") return "mandatory";
  if (preset === "advisory") return "advisory";
  return severity === "high" || severity === "critical" ? "mandatory" : "advisory";
}

/** A preset by name. @throws SettingsError when there is none of that name */
export function preset(name: string): Preset {
  const found = PRESETS.find((known) => known === name);
  if (!found) throw new SettingsError([`preset "${name}" does not exist; use one of ${PRESETS.join(", ")}`]);
  return found;
}

const LEVELS: readonly unknown[] = ["mandatory", "advisory", "disabled"];

/** What is wrong with a parameter's value, or undefined. */
export function parameterProblem(schema: ParameterSchema, value: unknown): string | undefined {
  const type = Array.isArray(value) ? "array" : typeof value;
  const wanted = schema.type === "integer" ? "number" : schema.type;
  if (type !== wanted) return `has to be of type ${schema.type}, not ${type}`;
  if (schema.type === "integer" && !Number.isInteger(value)) return "has to be a whole number";
  if (typeof value === "number" && schema.minimum !== undefined && value < schema.minimum) return `has to be at least ${schema.minimum}`;
  if (typeof value === "number" && schema.maximum !== undefined && value > schema.maximum) return `has to be at most ${schema.maximum}`;
  if (Array.isArray(value) && schema.items && value.some((item) => typeof item !== "string")) return "has to hold strings only";
  return undefined;
}

/** Level and parameters of every rule. */
export interface ResolvedSettings {
  level(rule: Rule): Level;
  parameters(rule: Rule): Record<string, unknown>;
}

/**
 * Checks a configuration against the rules' schemas and combines it with a preset.
 * @throws SettingsError naming every unknown rule, level, parameter and wrong type at once
 */
export function resolveSettings(rules: readonly Rule[], name: Preset, settings: unknown = {}): ResolvedSettings {
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw new SettingsError([`the configuration has to be an object of rule id to level, e.g. {"health-liveness-probe": "mandatory"}`]);
  }
  const problems: string[] = [];
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const levels = new Map<string, Level>();
  const parameters = new Map<string, Record<string, unknown>>();
  let all: Level | undefined;
  for (const [id, value] of Object.entries(settings)) {
    const { enforcementLevel, ...rest } = (typeof value === "string" ? { enforcementLevel: value } : (value ?? {})) as Record<
      string,
      unknown
    >;
    if (typeof value !== "string" && (typeof value !== "object" || value === null || Array.isArray(value))) {
      problems.push(`${id}: has to be a level or an object, not ${JSON.stringify(value)}`);
      continue;
    }
    if (enforcementLevel !== undefined && !LEVELS.includes(enforcementLevel)) {
      problems.push(`${id}: level ${JSON.stringify(enforcementLevel)} does not exist; use one of ${LEVELS.join(", ")}`);
    }
    const rule = byId.get(id);
    if (id !== "all" && !rule) {
      problems.push(`${id}: there is no such rule; list them with "testbro-policy list"`);
      continue;
    }
    for (const [parameter, given] of Object.entries(rest)) {
      const schema = rule?.parameters?.[parameter];
      const names = Object.keys(rule?.parameters ?? {});
      const problem = schema
        ? parameterProblem(schema, given)
        : `does not exist; ${names.length ? `there are ${names.join(", ")}` : "the rule has none"}`;
      if (problem) problems.push(`${id}.${parameter}: ${JSON.stringify(given)} ${problem}`);
    }
    if (id === "all") all = enforcementLevel as Level | undefined;
    else {
      if (enforcementLevel !== undefined) levels.set(id, enforcementLevel as Level);
      parameters.set(id, rest);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    level: (rule) => levels.get(rule.id) ?? all ?? presetLevel(name, rule.severity),
    parameters: (rule) => parameters.get(rule.id) ?? {},
  };
}

/** The preset as a file for Pulumi's `--policy-pack-config`. */
export function presetFile(rules: readonly Rule[], name: Preset): Record<string, Level> {
  return Object.fromEntries(rules.map((rule) => [rule.id, presetLevel(name, rule.severity)]));
}
