import type { Settings } from "../options";
import { addressPanels } from "./address";
import type { PanelDescription, Query, RowDescription } from "./describe";

/** Panels that show the same of both balancers, each by series of its own. */

/**
 * The first row.
 * @param all PromQL: requests per second
 * @param failed PromQL: those of them that were answered 5xx
 */
export function nowRow(settings: Settings, all: string, failed: string): RowDescription {
  const { thresholds, objectives } = settings;
  return {
    title: "Now",
    panels: [
      {
        title: "Requests",
        description: "Per second.",
        kind: "stat",
        unit: "requests",
        queries: [{ expr: all, legend: "requests" }],
      },
      {
        title: "Success rate",
        description: "Share of answers without a server error, as users see it.",
        kind: "stat",
        unit: "share",
        queries: [{ expr: `1 - (${failed} or vector(0)) / (${all} > 0)`, legend: "success" }],
        limits: { warning: objectives.availability, critical: 1 - thresholds.errorRatio, bad: "below" },
        runbook: "traffic.md#higherrorratio",
      },
      ...addressPanels(thresholds),
    ],
  };
}

/** @param description from when to when the balancer counts */
export function answerTime({ objectives, thresholds }: Settings, description: string, query: Query): PanelDescription {
  return {
    title: "Answer time by route, 99th percentile",
    description,
    kind: "series",
    unit: "seconds",
    queries: [query],
    limits: { warning: objectives.latencySeconds, critical: thresholds.latencySeconds },
    runbook: "traffic.md#highlatency",
  };
}

export function timeWithReplicas(query: Query): PanelDescription {
  return {
    title: "Of that with replicas",
    description: "Much less than the whole: the time goes to clients, or into waiting for a connection.",
    kind: "series",
    unit: "seconds",
    queries: [query],
    more: { dashboard: "application", variables: {} },
  };
}

/** @param sent PromQL: bytes to clients by route @param received PromQL: those from them */
export function bytes(sent: string, received: string): PanelDescription {
  return {
    title: "Bytes",
    description: "To clients, and from them below the line.",
    kind: "series",
    unit: "bytesPerSecond",
    queries: [
      { expr: sent, legend: "{{route}} out" },
      { expr: `-${received}`, legend: "{{route}} in" },
    ],
  };
}

export function retries(query: Query): PanelDescription {
  return {
    title: "Retries",
    description: "Attempts after the first: what users did not notice.",
    kind: "series",
    unit: "requests",
    queries: [query],
  };
}

/** @param expr PromQL: requests by route for which no replica was left */
export function noReplicaLeft(expr: string): PanelDescription {
  return {
    title: "No replica left",
    description: "Requests for which nobody was left to ask: users got an error.",
    kind: "series",
    unit: "requests",
    queries: [{ expr, legend: "{{route}}" }],
    limits: { warning: 0.01, critical: 1 },
    runbook: "availability.md#servicenotready",
  };
}
