import { type ServiceSettings } from "./settings";

const NUMBERS: Readonly<Record<string, "min" | "max" | "cpu" | "memory" | "startUp">> = {
  "autoscaler.min_replicas": "min",
  "autoscaler.max_replicas": "max",
  "autoscaler.target_cpu": "cpu",
  "autoscaler.target_memory": "memory",
  "autoscaler.start_up": "startUp",
};

/** Queries for the targets that labels can give; `$service` and `$quantile` stand for the service's name and the label's quantile. */
export interface QueryTemplates {
  readonly requestsQuery?: string | undefined;
  readonly latencyQuery?: string | undefined;
  readonly queueQuery?: string | undefined;
}

/** Labels of targets that need a query: the signal each makes, the setting that holds its query, and an own query's label. */
const TARGETS = [
  {
    label: "autoscaler.target_requests_per_second",
    name: "requests",
    kind: "rate",
    template: "requestsQuery",
    own: "autoscaler.requests_query",
  },
  {
    label: "autoscaler.target_latency_seconds",
    name: "latency",
    kind: "latency",
    template: "latencyQuery",
    own: "autoscaler.latency_query",
  },
  { label: "autoscaler.target_queue", name: "queue", kind: "queue", template: "queueQuery", own: "autoscaler.queue_query" },
] as const;

const QUANTILE = "autoscaler.target_latency_quantile";

/** Seconds since 1970 until which a deploy wants the count kept. */
const PAUSE = "autoscaler.pause_until";

/** Another name of the first target. */
const REQUESTS_ALIAS = "autoscaler.requests_per_second";

const KNOWN = new Set([
  ...Object.keys(NUMBERS),
  ...TARGETS.flatMap(({ label, own }) => [label, own]),
  QUANTILE,
  REQUESTS_ALIAS,
  "autoscaler.enable",
  PAUSE,
]);

/**
 * Reads a service's `autoscaler.*` labels. A service without `autoscaler.enable=true` is none of our business: undefined.
 * `autoscaler.target_requests_per_second`, `…target_latency_seconds` and `…target_queue` need a Prometheus query: their own label
 * (`autoscaler.requests_query`, …) or the daemon's template.
 */
export function parseLabels(
  labels: Readonly<Record<string, string>>,
  service: string,
  problems: string[],
  templates: QueryTemplates = {},
): ServiceSettings | undefined {
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
  const queries = [];
  for (const { label, name, kind, template, own } of TARGETS) {
    const target = number(label) ?? (name === "requests" ? number(REQUESTS_ALIAS) : undefined);
    const query = labels[own] ?? templates[template];
    if (target === undefined) {
      if (labels[own] !== undefined) problems.push(`${service}: ${own} does nothing without ${label}; give both`);
      continue;
    }
    if (query === undefined) {
      problems.push(`${service}: ${label} needs a query; set label ${own}, or the setting ${template}`);
      continue;
    }
    const quantile = kind === "latency" ? (number(QUANTILE) ?? 0.95) : 0;
    if (quantile > 1) {
      problems.push(`${service}: label ${QUANTILE} is "${labels[QUANTILE]}"; write a share from 0 to 1`);
      continue;
    }
    queries.push({ name, kind, target, query: query.replaceAll("$service", service).replaceAll("$quantile", String(quantile)) });
  }
  number(PAUSE);
  if (queries.length > 0) settings["queries"] = queries;
  for (const label of Object.keys(labels)) {
    if (label.startsWith("autoscaler.") && !KNOWN.has(label))
      problems.push(`${service}: label ${label} is not known; known are ${[...KNOWN].join(", ")}`);
  }
  return settings as ServiceSettings;
}
