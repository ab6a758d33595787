import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { LoadClient, type LoadRequest, type Outcome } from "./client";
import type { LoadOptions } from "./options";
import { type Failure, type LoadReport, latencies } from "./report";

/** The number-th request of a run. POST requests are spread evenly: where the running total of their share passes a whole number. */
function plan(options: LoadOptions, number: number, start: number): LoadRequest {
  const posts = Math.floor(number * options.postShare);
  const isPost = Math.floor((number + 1) * options.postShare) > posts;
  const gets = number - posts;
  return {
    id: `${options.runId}-${number}`,
    method: isPost ? "POST" : "GET",
    path: (isPost ? options.post : options.get[gets % options.get.length]) ?? "/",
    due: start + (number * 1000) / options.rate,
  };
}

/** A run in progress. */
export interface LoadRun {
  /** Requests sent, answered as expected and failed so far. */
  readonly progress: { sent: number; ok: number; failed: number };
  /** Stops sending; `report` then resolves when the last answers are in. */
  stop(): void;
  readonly report: Promise<LoadReport>;
}

/**
 * Starts sending at a constant rate, whatever the answers do. Give it a process of its own (see `startLoadProcess`) when the
 * same machine works hard, so that nothing else delays its schedule.
 */
export function runLoad(options: LoadOptions): LoadRun {
  const client = new LoadClient(options);
  const startedAt = new Date();
  const start = performance.now();
  const stopping = new AbortController();
  const progress = { sent: 0, ok: 0, failed: 0 };
  const byMethod = { GET: { sent: 0, ok: 0, failed: 0 }, POST: { sent: 0, ok: 0, failed: 0 } };
  const failures: Failure[] = [];
  const taken: number[] = [];
  const open = new Set<Promise<void>>();
  let latestSend = 0;
  let stoppedSending = start;

  function settle(sent: LoadRequest, sentAt: Date, outcome: Outcome): void {
    if (outcome.ok) {
      taken.push(performance.now() - sent.due);
      progress.ok++;
      byMethod[sent.method].ok++;
      return;
    }
    progress.failed++;
    byMethod[sent.method].failed++;
    const { id, method, path } = sent;
    const { kind, detail } = outcome;
    failures.push({ id, method, path, kind, detail, sentAt: sentAt.toISOString(), failedAt: new Date().toISOString() });
  }

  function sendOne(sent: LoadRequest): void {
    latestSend = Math.max(latestSend, performance.now() - sent.due);
    progress.sent++;
    byMethod[sent.method].sent++;
    const sentAt = new Date();
    const answered = client.send(sent).then((outcome) => {
      settle(sent, sentAt, outcome);
      open.delete(answered);
    });
    open.add(answered);
  }

  async function send(): Promise<void> {
    const total = Math.round(options.seconds * options.rate);
    for (let number = 0; number < total && !stopping.signal.aborted; number++) {
      const next = plan(options, number, start);
      const wait = next.due - performance.now();
      if (wait > 0) await sleep(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      // A client that is late still has to see answers come in, and to be stopped.
      else await setImmediate();
      if (!stopping.signal.aborted) sendOne(next);
    }
    stoppedSending = performance.now();
  }

  async function report(): Promise<LoadReport> {
    await send();
    // Each of these ends by itself within the timeout.
    await Promise.all(open);
    client.close();
    const failedByKind: LoadReport["failedByKind"] = {};
    for (const { kind } of failures) failedByKind[kind] = (failedByKind[kind] ?? 0) + 1;
    return {
      runId: options.runId,
      mode: options.mode,
      rate: options.rate,
      startedAt: startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      seconds: Math.round(stoppedSending - start) / 1000,
      ...progress,
      unfinished: progress.sent - progress.ok - progress.failed,
      byMethod,
      failedByKind,
      failures,
      latency: latencies(taken),
      connections: client.connections,
      latestSend: Math.round(latestSend * 10) / 10,
    };
  }

  return { progress, stop: () => stopping.abort(), report: report() };
}
