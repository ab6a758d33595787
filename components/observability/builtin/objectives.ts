import type { Settings } from "../options";
import type { AlertRule, RecordingRule, RuleGroup } from "../rules";
import { percent } from "./percent";
import { FEWEST_REQUESTS, RECORDED } from "./recorded";

/** Days an objective is about (Google SRE workbook, chapter 5). */
export const BUDGET_DAYS = 30;

/**
 * How fast a budget may burn and over which two windows: a page for 2 % of it in an hour and 5 % in six, a ticket for 10 % in three days
 * (Google SRE workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts"). The short window, a twelfth of the long one, ends the
 * alert soon after the trouble.
 */
export const BURN_RATES = [
  { suffix: "BurnsFast", factor: 14.4, long: "1h", short: "5m", severity: "critical" },
  { suffix: "Burns", factor: 6, long: "6h", short: "30m", severity: "critical" },
  { suffix: "BurnsSlowly", factor: 1, long: "3d", short: "6h", severity: "warning" },
] as const;

/** Seconds between two evaluations: the shortest window is five minutes. */
const INTERVAL_SECONDS = 30;

/** Every window once, shortest first. */
const WINDOWS = ["5m", "30m", "1h", "6h", "3d"] as const;
type Window = (typeof WINDOWS)[number];

/** What an objective is about: a share of requests that were not as promised. */
interface Objective {
  name: string;
  /** Series of a workload's bad requests per second. */
  bad: string;
  /** Start of the recorded ratio's name. */
  ratio: string;
  promised: number;
  what: string;
}

function objectivesOf({ objectives }: Settings): Objective[] {
  const { availability, latency, latencySeconds } = objectives;
  return [
    {
      name: "Availability",
      bad: RECORDED.errors,
      ratio: "workload:http_error_ratio",
      promised: availability,
      what: "failed with a server error",
    },
    {
      name: "Latency",
      bad: RECORDED.slow,
      ratio: "workload:http_slow_ratio",
      promised: latency,
      what: `took longer than ${latencySeconds} s`,
    },
  ];
}

/** Name of the series with the share of bad requests over a window. */
export function ratioOver(ratio: string, window: Window): string {
  return `${ratio}:avg${window}`;
}

/** Means of rates, so that every request weighs the same, and of few series: rates over days of everything scraped would cost far more. */
function ratios({ bad, ratio }: Objective): RecordingRule[] {
  return WINDOWS.map((window) => ({
    record: ratioOver(ratio, window),
    expr: `avg_over_time(${bad}[${window}]) / (avg_over_time(${RECORDED.requests}[${window}]) > 0)`,
  }));
}

/** How long at this pace until nothing is left of the budget, from all of it. */
function lasts(factor: number): string {
  const hours = (BUDGET_DAYS * 24) / factor;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}

function alerts({ name, ratio, promised, what }: Objective): AlertRule[] {
  return BURN_RATES.map(({ suffix, factor, long, short, severity }) => {
    const limit = Number((factor * (1 - promised)).toFixed(6));
    const [longRatio, shortRatio] = [ratioOver(ratio, long), ratioOver(ratio, short)];
    return {
      alert: `${name}${suffix}`,
      expr:
        `${longRatio} > ${limit} and on (tier, workload) ${shortRatio} > ${limit}` +
        ` and on (tier, workload) avg_over_time(${RECORDED.requests}[${long}]) > ${FEWEST_REQUESTS}`,
      forSeconds: 60,
      severity,
      summary: `{{ $labels.workload }} uses up its ${name.toLowerCase()} budget${factor > 1 ? ` ${factor} times too fast` : ""}`,
      description: `{{ $value | humanizePercentage }} of the requests to {{ $labels.workload }} in the last ${long} ${what}; promised are ${percent(1 - promised)} over ${BUDGET_DAYS} days. At this pace a whole budget lasts ${lasts(factor)} at most.`,
    };
  });
}

/** What users were promised, and how fast the allowance for failures is being used up. */
export function objectives(settings: Settings): RuleGroup {
  const all = objectivesOf(settings);
  return {
    name: "objectives",
    interval: INTERVAL_SECONDS,
    rules: [
      ...all.flatMap(ratios),
      ...all.flatMap(alerts),
      {
        alert: "LatencyUnmeasured",
        expr: `${RECORDED.requests} > 0 unless on (tier, workload) ${RECORDED.slow}`,
        forSeconds: 300,
        severity: "warning",
        summary: "Nobody can tell whether {{ $labels.workload }} keeps its latency objective",
        description: `The answer times of {{ $labels.workload }} have no bucket that ends at ${settings.objectives.latencySeconds} s, so the latency alerts of it can never fire. Set objectives.latencySeconds to a bucket's bound.`,
      },
    ],
  };
}
