import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { type z } from "zod";
import { ConfigError } from "./problem";
import { checkSchedules } from "./policy";
import { parseServiceLine, parseShellFile } from "./service-line";
import { serviceSchema, settingsSchema, VARIABLES, type ServiceSettings, type Settings } from "./settings";

/** Where settings come from; later ones win: file, then environment. */
export interface Sources {
  /** A YAML file (`.yaml`, `.yml`) or a file of `NAME=value` and `SERVICE_CONFIG[name]="…"` lines. */
  readonly file?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads and checks all settings.
 *
 * @throws ConfigError with every problem of every source.
 */
export function loadSettings(sources: Sources): Settings {
  const problems: string[] = [];
  let raw: Record<string, unknown> = {};
  if (sources.file !== undefined) {
    let text: string | undefined;
    try {
      text = readFileSync(sources.file, "utf8");
    } catch (error) {
      problems.push(`${sources.file}: cannot be read (${(error as Error).message})`);
    }
    if (text !== undefined)
      raw = /\.ya?ml$/i.test(sources.file) ? fromYaml(text, sources.file, problems) : fromShell(text, sources.file, problems);
  }
  const services = { ...(isRecord(raw["services"]) ? raw["services"] : {}) };
  Object.assign(raw, fromVariables(sources.environment, "environment", problems));
  for (const [name, value] of Object.entries(sources.environment)) {
    const match = /^SERVICE_CONFIG(?:\[(.+)\]|_(.+))$/.exec(name);
    if (match && value !== undefined) {
      // a variable's name has no dash in a shell: SERVICE_CONFIG_testbro_backend is testbro-backend
      const service = match[1] ?? (match[2] as string).toLowerCase().replaceAll("_", "-");
      services[service] = {
        ...(isRecord(services[service]) ? services[service] : {}),
        ...parseServiceLine(value, `environment ${name}`, problems),
      };
    }
  }
  if (Object.keys(services).length > 0) raw["services"] = services;
  const parsed = settingsSchema.safeParse(raw);
  if (!parsed.success) problems.push(...describeIssues(parsed.error, sources.file ?? "settings"));
  if (parsed.success) checkBounds(parsed.data, problems);
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return parsed.data;
}

/** Checks the settings of one service that came from labels. */
export function checkService(settings: ServiceSettings, service: string, problems: string[]): ServiceSettings | undefined {
  const parsed = serviceSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  problems.push(...describeIssues(parsed.error, service));
  return undefined;
}

function fromYaml(text: string, place: string, problems: string[]): Record<string, unknown> {
  const document = parseDocument(text);
  for (const error of document.errors) problems.push(`${place}: ${error.message.split("\n")[0]}`);
  if (document.errors.length > 0) return {};
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    problems.push(`${place}: ${(error as Error).message}`);
    return {};
  }
  if (value === null || value === undefined) return {};
  if (isRecord(value)) return value;
  problems.push(`${place}: is not a map of settings; see \`config check --help\` for the keys`);
  return {};
}

function fromShell(text: string, place: string, problems: string[]): Record<string, unknown> {
  const file = parseShellFile(text, place, problems);
  return { ...fromVariables(file.variables, place, problems), services: file.services };
}

function fromVariables(
  variables: Readonly<Record<string, string | undefined>>,
  place: string,
  problems: string[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, { key, kind }] of Object.entries(VARIABLES)) {
    const text = variables[name];
    if (text === undefined || text === "") continue;
    if (kind === "number") {
      const value = Number(text);
      if (/^\s*\d+(\.\d+)?\s*$/.test(text)) values[key] = value;
      else problems.push(`${place}: ${name} is "${text}"; write a number`);
    } else if (kind === "boolean") {
      if (/^(true|1|yes|false|0|no)$/i.test(text)) values[key] = /^(true|1|yes)$/i.test(text);
      else problems.push(`${place}: ${name} is "${text}"; write true or false`);
    } else values[key] = text;
  }
  return values;
}

function describeIssues(error: z.ZodError, place: string): string[] {
  return error.issues.map((issue) => `${place}: ${issue.path.join(".") || "the settings"}: ${issue.message}`);
}

function checkBounds(settings: Settings, problems: string[]): void {
  if (settings.min > settings.max)
    problems.push(`settings: min ${settings.min} is more than max ${settings.max}; lower MIN_REPLICAS or raise MAX_REPLICAS`);
  for (const [name, service] of Object.entries(settings.services)) {
    const [min, max] = [service.min ?? settings.min, service.max ?? settings.max];
    if (min > max) problems.push(`services.${name}: min ${min} is more than max ${max}`);
    checkSchedules(service, `services.${name}`, problems);
    const names = (service.queries ?? []).map((query) => query.name);
    if (new Set(names).size < names.length) problems.push(`services.${name}: two queries have the same name`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
