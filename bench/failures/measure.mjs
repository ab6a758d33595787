// One scenario under load: what the client counted, checked against what the balancer logged.
import { setTimeout as sleep } from "node:timers/promises";
import { BalancerLog } from "../../test/dist/swarm/balancer-log.js";
import { failedOn, reconcile, startLoadProcess } from "../../test/dist/load/index.js";

/** Seconds of load before the event, and after everything has settled. */
const AROUND_SECONDS = 20;

/** A client this late at worst was the bottleneck itself, and its figures say nothing about the stack. Milliseconds. */
const LATEST_SEND = 1000;

/** Failed requests that are kept in the results. */
const EXAMPLES = 20;

/**
 * @typedef {object} Measured
 * @property {string} scenario
 * @property {string} title
 * @property {string} allowed
 * @property {import("./scenarios.mjs").Balancer} balancer
 * @property {"fresh" | "keep-alive"} mode
 * @property {string} startedAt ISO 8601
 * @property {number} seconds of load
 * @property {number} sent
 * @property {{GET: number, POST: number}} failed
 * @property {Record<string, number>} failedByKind
 * @property {number} inFlight failed POST requests that were in flight on a killed process
 * @property {number} failedFor seconds between the first and the last failed request
 * @property {import("../../test/load").Latencies | undefined} latency milliseconds
 * @property {number} latestSend how late the client was at worst, milliseconds
 * @property {number} savedByRetry requests that the balancer answered by trying another replica
 * @property {string[]} contradictions where client and balancer disagree
 * @property {string} note
 * @property {string[]} wrong
 * @property {import("../../test/load").Failure[]} examples
 */

/**
 * @param {import("./scenarios.mjs").Bench} bench
 * @param {import("./scenarios.mjs").Scenario} scenario
 * @param {{mode: "fresh" | "keep-alive", rate: number, seconds: number, onProgress: (line: string) => void}} options
 * @returns {Promise<Measured>}
 */
export async function measure(bench, scenario, { mode, rate, seconds, onProgress }) {
  const started = new Date();
  const logged = new BalancerLog(bench.engine, bench.service(bench.balancer), started);
  const load = startLoadProcess(
    {
      url: bench.status.urls.app,
      caFile: bench.status.caFile,
      rate,
      seconds: 3600,
      mode,
      get: ["/", "/api/whoami"],
      post: "/api/runs",
      postShare: 0.2,
    },
    onProgress,
  );
  let happened;
  try {
    await sleep(AROUND_SECONDS * 1000);
    happened = await scenario.event(bench);
    await sleep(Math.max(AROUND_SECONDS, seconds - (Date.now() - started.getTime()) / 1000) * 1000);
  } finally {
    await load.stop().catch(() => undefined);
  }
  const report = await load.report;
  const log = await logged.end();
  const { savedByRetry, contradictions } = reconcile(report, log);
  const inFlight = failedOn(report, log, happened.killed ?? []).filter(({ method }) => method === "POST").length;
  const failedAt = report.failures.map(({ sentAt }) => Date.parse(sentAt));
  await scenario.restore?.(bench);
  return {
    scenario: scenario.id,
    title: scenario.title,
    allowed: scenario.allowed,
    balancer: bench.balancer,
    mode,
    startedAt: report.startedAt,
    seconds: Math.round(report.seconds),
    sent: report.sent,
    failed: { GET: report.byMethod.GET.failed, POST: report.byMethod.POST.failed },
    failedByKind: report.failedByKind,
    inFlight,
    failedFor: failedAt.length > 0 ? Math.round((Math.max(...failedAt) - Math.min(...failedAt)) / 100) / 10 : 0,
    latency: report.latency,
    latestSend: report.latestSend,
    savedByRetry,
    contradictions,
    note: happened.note,
    wrong: [...(happened.wrong ?? []), ...tooBusy(report)],
    examples: report.failures.slice(0, EXAMPLES),
  };
}

/** @param {import("../../test/load").LoadReport} report */
function tooBusy({ latestSend }) {
  if (latestSend <= LATEST_SEND) return [];
  return [`the client itself was up to ${Math.round(latestSend)} ms late: this machine was too busy for a measurement`];
}
