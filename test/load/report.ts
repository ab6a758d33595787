import type { ConnectionMode } from "./options";

/**
 * How a request failed:
 * - `connect`: no TLS connection came about.
 * - `broken`: the connection broke before the answer was complete, on a connection made for this request.
 * - `broken-reused`: the same on a connection that had carried requests before. A server may close an idle connection at any
 *   moment (RFC 9112, 9.5), and a request that crosses with that close is lost; browsers hide it by sending again. It counts as
 *   a failure all the same, because the server can announce a close with `connection: close` and then no request is sent on
 *   that connection any more: only unannounced closes end up here.
 * - `status`: answered, but not with the expected status.
 * - `timeout`: no complete answer within the limit.
 */
export const FAILURE_KINDS = ["connect", "broken", "broken-reused", "status", "timeout"] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** One failed request. */
export interface Failure {
  /** Its `x-request-id`. */
  id: string;
  method: "GET" | "POST";
  path: string;
  kind: FailureKind;
  /** Error code or status, as text. */
  detail: string;
  /** When it was sent, ISO 8601 with milliseconds. */
  sentAt: string;
  /** When it was known to have failed. */
  failedAt: string;
}

/** Latencies in milliseconds, from the moment a request was due to the end of its answer, so that a stalled client cannot hide waiting. */
export interface Latencies {
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

/** Result of a run; every request counted as sent is either ok, failed or unfinished. */
export interface LoadReport {
  runId: string;
  mode: ConnectionMode;
  rate: number;
  startedAt: string;
  /** When the last answer was in. */
  endedAt: string;
  /** Seconds during which requests were sent. */
  seconds: number;
  sent: number;
  ok: number;
  failed: number;
  /** Requests without an outcome at the end; 0, because the run waits for each answer or its timeout. */
  unfinished: number;
  byMethod: Record<"GET" | "POST", { sent: number; ok: number; failed: number }>;
  failedByKind: Partial<Record<FailureKind, number>>;
  failures: Failure[];
  /** Of the requests that were answered as expected; absent when none was. */
  latency?: Latencies;
  /** Connections opened. */
  connections: number;
  /** The longest that this client sent a request after its moment, milliseconds: above some tens, the client was the bottleneck. */
  latestSend: number;
}

/** The value below which `share` of the ascending `sorted` lies: nearest rank. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** Percentiles of a run's latencies; undefined without any. A run's worth fits in memory, so they are exact. */
export function latencies(milliseconds: readonly number[]): Latencies | undefined {
  if (milliseconds.length === 0) return undefined;
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number) => Math.round(percentile(sorted, share) * 10) / 10;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** One line for people. */
export function summary(report: LoadReport): string {
  const kinds = Object.entries(report.failedByKind).map(([kind, count]) => `${count} ${kind}`);
  const failed = report.failed === 0 ? "0 failed" : `${report.failed} failed (${kinds.join(", ")})`;
  const latency = report.latency ? `; p50 ${report.latency.p50} ms, p99 ${report.latency.p99} ms, max ${report.latency.max} ms` : "";
  return `${report.sent} sent on ${report.mode} connections in ${Math.round(report.seconds)} s, ${failed}${latency}`;
}
