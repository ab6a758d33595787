import { SHOWN_UNTIL } from "../builtin";
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

const ISSUED_UNTIL = "acme_certificate_not_after_timestamp_seconds";

/** Where no ACME authority is asked its panels answer all the same: with what the address shows, and with 0. */
export function certificatesRow({ thresholds }: Settings): RowDescription {
  const daysLeft = (by: string, until: string) => `(min by (${by}) (${until}) - time()) / 86400`;
  return {
    title: "Certificates",
    panels: [
      {
        title: "Days left",
        description: "Of each certificate that an ACME authority issues; where none is asked, of the one that the public address shows.",
        kind: "series",
        unit: "days",
        queries: [
          {
            expr: `${daysLeft("certificate", ISSUED_UNTIL)} or ${daysLeft("instance", SHOWN_UNTIL)} unless on () count(${ISSUED_UNTIL})`,
            legend: "{{certificate}}{{instance}}",
          },
        ],
        limits: { warning: thresholds.certificateDays, critical: 3, bad: "below" },
        runbook: "certificates.md#acmecertificateexpires",
      },
      {
        title: "Failed attempts at the authority",
        description:
          "In a row, by certificate; 0 where no authority is asked. It tries again at growing distances, and the old certificate serves.",
        kind: "series",
        unit: "count",
        queries: [{ expr: "max by (certificate) (acme_failures) or vector(0) unless on () acme_failures", legend: "{{certificate}}" }],
        limits: { warning: 1, critical: 5 },
        runbook: "certificates.md#acmefails",
      },
    ],
  };
}
