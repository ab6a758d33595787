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
      problems.push(`${sources.file}: cannot be read (${(error as Error).message}); give the path of a file that this user may read`);
    }
    if (text !== undefined)
      raw = /\.ya?ml$/i.test(sources.file) ? fromYaml(text, sources.file, problems) : fromShell(text, sources.file, problems);
  }
  const services = new Map(isRecord(raw["services"]) ? Object.entries(raw["services"]) : []);
  const variables = fromVariables(sources.environment, "environment", problems);
  Object.assign(raw, variables);
  const places = new Map(Object.keys(variables).map((key) => [key, `environment ${variableOf(key)}`]));
  for (const [name, value] of Object.entries(sources.environment)) {
    const match = /^SERVICE_CONFIG(?:\[(.+)\]|_(.+))$/.exec(name);
    if (match && value !== undefined) {
      // a variable's name has no dash in a shell: SERVICE_CONFIG_testbro_backend is testbro-backend
      const service = match[1] ?? (match[2] as string).toLowerCase().replaceAll("_", "-");
      const known = services.get(service);
      services.set(service, { ...(isRecord(known) ? known : {}), ...parseServiceLine(value, `environment ${name}`, problems) });
      places.set(`services.${service}`, `environment ${name}`);
    }
  }
  if (services.size > 0) raw["services"] = Object.fromEntries(services);
  const parsed = settingsSchema.safeParse(raw);
  if (!parsed.success) problems.push(...describeIssues(parsed.error, raw, placeOf(places, sources.file ?? "settings"), keysAt));
  if (parsed.success) checkBounds(parsed.data, problems);
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return parsed.data;
}

/**
 * Checks the settings of one service that came from labels.
 *
 * @param bounds what holds where the service has no bounds of its own
 * @returns undefined where they cannot be used
 */
export function checkService(
  settings: ServiceSettings,
  service: string,
  problems: string[],
  bounds: { readonly min: number; readonly max: number } = { min: 0, max: Infinity },
): ServiceSettings | undefined {
  const parsed = serviceSchema.safeParse(settings);
  if (!parsed.success) {
    problems.push(...describeIssues(parsed.error, settings, () => service));
    return undefined;
  }
  const [min, max] = [parsed.data.min ?? bounds.min, parsed.data.max ?? bounds.max];
  if (min <= max) return parsed.data;
  problems.push(`${service}: min ${min} is more than max ${max}; lower autoscaler.min_replicas or raise autoscaler.max_replicas`);
  return undefined;
}

function fromYaml(text: string, place: string, problems: string[]): Record<string, unknown> {
  const document = parseDocument(text);
  for (const error of document.errors) problems.push(`${place}: ${error.message.split("\n")[0]} correct the YAML there`);
  if (document.errors.length > 0) return {};
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    problems.push(`${place}: ${(error as Error).message}; write out what the aliases stand for`);
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

/** The place of a setting by the path that leads to it: the variable that gave it, or the file. */
function placeOf(places: ReadonlyMap<string, string>, otherwise: string): (path: readonly PropertyKey[]) => string {
  return (path) => places.get(path.slice(0, 2).join(".")) ?? places.get(String(path[0])) ?? otherwise;
}

function keysAt(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(settingsSchema.shape);
  return path.length === 2 && path[0] === "services" ? Object.keys(serviceSchema.shape) : [];
}

/** Each with its place, its key, its value and what is expected instead. */
export function describeIssues(
  error: z.ZodError,
  input: unknown,
  placeOf: (path: readonly PropertyKey[]) => string,
  keysAt: (path: readonly PropertyKey[]) => readonly string[] = () => [],
): string[] {
  return error.issues.map((issue) => {
    const key = issue.path.join(".") || "everything";
    const place = `${placeOf(issue.path)}: ${key}`;
    if (issue.code !== "unrecognized_keys") {
      const value = shown(valueAt(input, issue.path), SECRET.has(String(issue.path.at(-1))) ? LEAST_SHOWN : MOST_SHOWN);
      // what was received is the value, which says more than its kind
      return `${place} is ${value}: ${issue.message.replace(/, received \w+$/, "")}`;
    }
    const names = issue.keys.map((name) => shown(valueAt(input, [...issue.path, name])));
    const known = keysAt(issue.path);
    const fix = known.length === 0 ? "take it away" : `write one of ${known.join(", ")}`;
    return `${place}: ${issue.keys.map((name, index) => `${shown(name)} (${names[index]})`).join(", ")} is not known; ${fix}`;
  });
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null && Object.hasOwn(value, key) ? value[key as keyof object] : undefined),
    input,
  );
}

/** Characters of a value that a problem quotes; of an address that may hold a token, only how it begins. */
const [MOST_SHOWN, LEAST_SHOWN] = [60, 9];
const SECRET: ReadonlySet<string> = new Set(["webhook"]);

function shown(value: unknown, most = MOST_SHOWN): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? "missing";
  } catch {
    // YAML's aliases can do that
    return "something that holds itself";
  }
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function variableOf(key: string): string {
  return Object.entries(VARIABLES).find(([, variable]) => variable.key === key)?.[0] ?? key;
}

function checkBounds(settings: Settings, problems: string[]): void {
  if (settings.min > settings.max)
    problems.push(`settings: min ${settings.min} is more than max ${settings.max}; lower MIN_REPLICAS or raise MAX_REPLICAS`);
  for (const [name, service] of Object.entries(settings.services)) {
    const [min, max] = [service.min ?? settings.min, service.max ?? settings.max];
    if (min > max) problems.push(`services.${name}: min ${min} is more than max ${max}; lower the one or raise the other`);
    checkSchedules(service, `services.${name}`, problems);
    const names = (service.queries ?? []).map((query) => query.name);
    const twice = names.find((query, index) => names.indexOf(query) !== index);
    if (twice !== undefined) problems.push(`services.${name}: two queries are called "${twice}"; give each a name of its own`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
