import { bytes, targetName, type MetricsTarget, type Problem } from "../workload";
import { BUILTIN_GROUPS } from "./builtin";
import { checkAlerting, checkPrefix, checkUrl } from "./check-alerting";
import type { Objectives, ObservabilityOptions, ProbeOptions, Settings } from "./options";
import { promqlProblem } from "./promql";
import { isAlert, SEVERITIES, type RuleGroup } from "./rules";

type Report = (path: string, message: string, fix: string) => void;

/** A metric's name with an optional selector. */
const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SELECTED_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^{}]*\})?$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const RECORD = METRIC;

/** Lowest share that can be promised: above 1 - 1/14.4. */
const LOWEST_OBJECTIVE = 0.94;

/** Thresholds that are no share of anything. */
const ABSOLUTE = new Set(["latencySeconds", "queueJobs", "certificateDays", "backupHours"]);

function checkObjectives(report: Report, name: string, { availability, latency, latencySeconds }: Objectives): void {
  for (const [key, share] of Object.entries({ availability, latency })) {
    // Burnt 14.4 times as fast as it may be, a larger budget would be more than all requests: the alert could never fire.
    if (share >= LOWEST_OBJECTIVE && share < 1) continue;
    report(`${name}.objectives.${key}`, `${share} is not from ${LOWEST_OBJECTIVE} to below 1`, "e.g. 0.999");
  }
  if (!(latencySeconds > 0)) report(`${name}.objectives.latencySeconds`, `${latencySeconds} is not above 0`, "e.g. 0.5");
}

/** Everything wrong with what is kept and where alerts begin. */
export function checkSettings(name: string, settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message, fix) => problems.push({ path, message, fix });
  checkPrefix(report, `${name}.pathPrefix`, settings.pathPrefix);
  if (!(Number.isInteger(settings.scrapeInterval) && settings.scrapeInterval >= 1 && settings.scrapeInterval <= 120)) {
    // Prometheus takes a series as gone after 5 min without a sample; rates need several samples before that.
    report(`${name}.scrapeInterval`, `${settings.scrapeInterval} is not a whole number of seconds from 1 to 120`, "e.g. 5");
  }
  const { days, size } = settings.retention;
  if (!(Number.isInteger(days) && days >= 1)) {
    report(`${name}.retention.days`, `${days} is not a whole number of days above 0`, "e.g. 15");
  }
  checkSizes(report, name, size, settings.storage);
  for (const [key, ratio] of Object.entries(settings.thresholds)) {
    const share = !ABSOLUTE.has(key);
    if (share ? ratio > 0 && ratio < 1 : ratio > 0) continue;
    report(
      `${name}.thresholds.${key}`,
      `${ratio} is not ${share ? "between 0 and 1" : "above 0"}`,
      share ? "e.g. 0.05" : "give a positive number",
    );
  }
  checkObjectives(report, name, settings.objectives);
  for (const [key, metric] of Object.entries(settings.metricNames)) {
    if ((key === "queue" || key === "ready" ? SELECTED_METRIC : METRIC).test(metric)) continue;
    report(`${name}.metricNames.${key}`, `"${metric}" is not a metric's name`, 'e.g. "http_requests_total"');
  }
  return problems;
}

function checkSizes(report: Report, name: string, size: string | number, storage: string | number): void {
  const amounts: Record<string, number> = {};
  for (const [key, amount] of Object.entries({ "retention.size": size, storage })) {
    try {
      amounts[key] = bytes(amount);
      if (amounts[key] <= 0) report(`${name}.${key}`, `${amount} is zero`, 'give a positive amount, e.g. "4Gi"');
    } catch (error) {
      report(`${name}.${key}`, (error as Error).message, 'e.g. "4Gi"');
    }
  }
  const { "retention.size": kept, storage: volume } = amounts;
  if (kept !== undefined && volume !== undefined && kept > 0.8 * volume) {
    report(
      `${name}.retention.size`,
      `${size} is more than 80% of the volume of ${storage}, which also holds the write-ahead log and blocks being merged`,
      "lower it, or raise storage",
    );
  }
}

/** Everything wrong with a list of targets. */
export function checkTargets(name: string, targets: readonly MetricsTarget[]): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [index, target] of targets.entries()) {
    const { ref, port, path, part, tier, minimum } = target;
    const at = `${name}.targets[${index}]`;
    const report = (key: string, message: string, fix: string) => problems.push({ path: `${at}.${key}`, message, fix });
    if (ref.ports[port] === undefined) {
      const known = Object.keys(ref.ports).join(", ") || "none";
      report("port", `${ref.fullName} has no port "${port}" (it has: ${known})`, "name a declared port");
    }
    if (path !== undefined && !path.startsWith("/")) report("path", `"${path}" does not start with "/"`, `write "/${path}"`);
    // It becomes a label through a template, where $ would be read as a reference.
    if (!/^[a-z][a-z0-9-]*$/.test(tier)) {
      report("tier", `"${tier}" is not of lower-case letters, digits and hyphens`, 'e.g. "app"');
    }
    if (!(Number.isInteger(minimum) && minimum >= 0)) report("minimum", `${minimum} is not a whole number of at least 0`, "e.g. 1");
    if (part !== undefined && !/^[a-z][a-z0-9-]*$/.test(part)) {
      report("part", `"${part}" is not of lower-case letters, digits and hyphens`, 'e.g. "upstreams"');
    }
    const title = targetName(target);
    if (seen.has(title)) report("ref", `${title} is there twice`, "list each workload once, or give its pages a part each");
    seen.add(title);
  }
  return problems;
}

/** Everything wrong with rules given by the user, as far as can be told without a Prometheus. */
export function checkRules(name: string, groups: readonly RuleGroup[]): Problem[] {
  const problems: Problem[] = [];
  const names = new Set<string>(BUILTIN_GROUPS);
  for (const [index, group] of groups.entries()) {
    const at = `${name}.rules[${index}]`;
    if (names.has(group.name)) {
      problems.push({ path: `${at}.name`, message: `"${group.name}" is there already`, fix: "give each group its own name" });
    }
    names.add(group.name);
    for (const [position, rule] of group.rules.entries()) {
      const report = (key: string, message: string, fix: string) =>
        problems.push({ path: `${at}.rules[${position}].${key}`, message, fix });
      const wrong = promqlProblem(rule.expr);
      if (wrong !== undefined) report("expr", wrong, "give a PromQL expression");
      if (!isAlert(rule)) {
        if (!RECORD.test(rule.record)) report("record", `"${rule.record}" is not a metric's name`, 'e.g. "workload:requests:rate"');
        continue;
      }
      if (!LABEL.test(rule.alert)) report("alert", `"${rule.alert}" is not a name`, "e.g. QueueTooLong");
      if (!(Number.isInteger(rule.forSeconds) && rule.forSeconds >= 0)) {
        report("forSeconds", `${rule.forSeconds} is not a whole number of at least 0`, "e.g. 60");
      }
      if (!SEVERITIES.includes(rule.severity))
        report("severity", `"${String(rule.severity)}" is not a severity`, `write one of ${SEVERITIES.join(", ")}`);
      for (const key of ["summary", "description"] as const) {
        if (rule[key].trim() === "") report(key, "is empty", "say what happens and what to do");
      }
    }
  }
  return problems;
}

function checkProbes(report: Report, name: string, { through, port = "https", host, paths = [], urls = [] }: ProbeOptions): void {
  if (through.ports[port] === undefined) {
    const known = Object.keys(through.ports).join(", ") || "none";
    report(`${name}.port`, `${through.fullName} has no port "${port}" (it has: ${known})`, "name a declared port");
  }
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host)) report(`${name}.host`, `"${host}" is not a host name`, 'e.g. "testbro.example"');
  paths.forEach((path, index) => {
    if (!/^\/[^\s#]*$/.test(path)) report(`${name}.paths[${index}]`, `"${path}" is not a path`, 'start it with "/"');
  });
  urls.forEach((url, index) => checkUrl(report, `${name}.urls[${index}]`, url));
}

/** Everything wrong with the options themselves; the workloads made of them are checked by the platform. */
export function checkObservability(name: string, options: ObservabilityOptions, settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message, fix) => problems.push({ path, message, fix });
  problems.push(...checkSettings(name, settings));
  if (typeof options.externalUrl === "string") {
    const url = options.externalUrl;
    checkUrl(report, `${name}.externalUrl`, url);
    if (URL.canParse(url) && new URL(url).pathname.replace(/\/$/, "") !== settings.pathPrefix) {
      report(
        `${name}.externalUrl`,
        `"${url}" does not end in the path prefix "${settings.pathPrefix}"`,
        `write e.g. "${new URL(url).origin}${settings.pathPrefix}", or set pathPrefix`,
      );
    }
  }
  if (options.grafana?.pathPrefix !== undefined) checkPrefix(report, `${name}.grafana.pathPrefix`, options.grafana.pathPrefix);
  if (options.exporters?.probes) checkProbes(report, `${name}.exporters.probes`, options.exporters.probes);
  if (options.alerting) problems.push(...checkAlerting(`${name}.alerting`, options.alerting));
  return [...problems, ...checkTargets(name, options.targets), ...checkRules(name, options.rules ?? [])];
}
