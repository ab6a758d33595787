import { type ServiceSettings } from "./settings";

const NUMBERS: Readonly<Record<string, "min" | "max" | "cpu" | "memory" | "startUp">> = {
  "autoscaler.min_replicas": "min",
  "autoscaler.max_replicas": "max",
  "autoscaler.target_cpu": "cpu",
  "autoscaler.target_memory": "memory",
  "autoscaler.start_up": "startUp",
};

/**
 * Reads a service's `autoscaler.*` labels. A service without `autoscaler.enable=true` is none of our business: undefined.
 * `autoscaler.requests_per_second` (per replica) needs `autoscaler.requests_query`, the Prometheus query of the total.
 */
export function parseLabels(labels: Readonly<Record<string, string>>, service: string, problems: string[]): ServiceSettings | undefined {
  const enable = labels["autoscaler.enable"];
  if (enable === undefined || /^(false|0|no)$/i.test(enable)) return undefined;
  if (!/^(true|1|yes)$/i.test(enable)) {
    problems.push(`${service}: label autoscaler.enable is "${enable}"; write true or false`);
    return undefined;
  }
  const settings: Record<string, unknown> = { enable: true };
  const number = (label: string): number | undefined => {
    const text = labels[label];
    if (text === undefined) return undefined;
    const value = text.trim() === "" ? NaN : Number(text);
    if (Number.isFinite(value) && value >= 0) return value;
    problems.push(`${service}: label ${label} is "${text}"; write a number of 0 or more`);
    return undefined;
  };
  for (const [label, key] of Object.entries(NUMBERS)) {
    const value = number(label);
    if (value !== undefined) settings[key] = value;
  }
  const target = number("autoscaler.requests_per_second");
  const query = labels["autoscaler.requests_query"];
  if (target !== undefined && query !== undefined) settings["queries"] = [{ name: "requests", kind: "rate", query, target }];
  else if (target !== undefined || query !== undefined) {
    problems.push(`${service}: autoscaler.requests_per_second and autoscaler.requests_query belong together; give both`);
  }
  const known = new Set([
    ...Object.keys(NUMBERS),
    "autoscaler.enable",
    "autoscaler.requests_per_second",
    "autoscaler.requests_query",
    "autoscaler.pause_until",
  ]);
  for (const label of Object.keys(labels)) {
    if (label.startsWith("autoscaler.") && !known.has(label))
      problems.push(`${service}: label ${label} is not known; known are ${[...known].join(", ")}`);
  }
  return settings as ServiceSettings;
}
