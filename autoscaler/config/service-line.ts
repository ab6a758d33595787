import { type ServiceSettings } from "./settings";

const KEYS: Readonly<Record<string, "min" | "max" | "cpu" | "memory">> = { min: "min", max: "max", cpu: "cpu", memory: "memory" };

/**
 * Parses `min:2,max:10,cpu:70,memory:80`. Problems are added to the list with the place they were found at.
 */
export function parseServiceLine(text: string, place: string, problems: string[]): ServiceSettings {
  const settings: Record<string, number> = {};
  for (const part of text.split(",")) {
    const trimmed = part.trim();
    if (trimmed === "") continue;
    const [name = "", value = "", ...rest] = trimmed.split(":").map((piece) => piece.trim());
    const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
    if (key === undefined) problems.push(`${place}: "${trimmed}" is not known; write min, max, cpu or memory, a colon and a number`);
    else if (rest.length > 0 || !/^\d+(\.\d+)?$/.test(value))
      problems.push(`${place}: ${name} is "${[value, ...rest].join(":")}"; write a number of 0 or more`);
    else if (settings[key] !== undefined) problems.push(`${place}: ${name} is given twice; keep one`);
    else settings[key] = Number(value);
  }
  if (Object.keys(settings).length === 0) problems.push(`${place}: nothing is set; write for example min:2,max:10,cpu:70,memory:80`);
  return settings;
}

const LINE =
  /^\s*(?:export\s+)?SERVICE_CONFIG\[\s*["']?([A-Za-z0-9][A-Za-z0-9_.-]*)["']?\s*\]\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))\s*(?:#.*)?$/;
const VARIABLE = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s#]*))\s*(?:#.*)?$/;

/** A file in the style of a shell script's settings. */
export interface ShellFile {
  readonly variables: Readonly<Record<string, string>>;
  readonly services: Readonly<Record<string, ServiceSettings>>;
}

/** Parses `NAME=value` and `SERVICE_CONFIG[name]="…"` lines; comments, blank lines and `declare -A SERVICE_CONFIG` are skipped. Nothing is executed. */
export function parseShellFile(text: string, place: string, problems: string[]): ShellFile {
  const variables: Record<string, string> = {};
  const services: Record<string, ServiceSettings> = {};
  text.split(/\r?\n/).forEach((line, index) => {
    if (/^\s*(#.*)?$/.test(line) || /^\s*declare\s+-A\s+SERVICE_CONFIG\s*(=\s*\(\s*\))?\s*$/.test(line)) return;
    const where = `${place}:${index + 1}`;
    const service = LINE.exec(line);
    const variable = VARIABLE.exec(line);
    if (service) {
      const name = service[1] as string;
      if (Object.hasOwn(services, name)) problems.push(`${where}: ${name} is configured twice; keep one line`);
      services[name] = parseServiceLine(service[2] ?? service[3] ?? service[4] ?? "", `${where} (${name})`, problems);
    } else if (variable) variables[variable[1] as string] = variable[2] ?? variable[3] ?? variable[4] ?? "";
    else
      problems.push(
        `${where}: "${line.trim().slice(0, 60)}" is not understood; write NAME=value or SERVICE_CONFIG[service]="min:2,max:10,cpu:70,memory:80"`,
      );
  });
  return { variables, services };
}
