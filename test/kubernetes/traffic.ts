import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type LoggedRequest, type LoadReport, type ConnectionMode, parseAccessLog, reconcile, startLoadProcess, summary } from "../load";
import type { Running } from "../swarm/commands";
import type { Context } from "./context";
import { WORKLOAD_LABEL } from "./kubectl";

/** Requests per second. */
export const RATE = 100;

/** Load before and after what is done, milliseconds. */
const BEFORE = 5000;
const AFTER = 5000;

/** The balancer writes its log at least once a second; then it takes the kubelet and kubectl a moment. */
const FLUSH = 3000;

/** Replicas whose log can be read at once. */
const MOST_BALANCERS = 10;

/** What the balancers that run now log from now on. It is followed, because the kubelet throws old lines away. */
function followBalancers({ kubectl }: Context): { end(): Promise<LoggedRequest[]> } {
  const logs: Running = kubectl.follow(
    "logs",
    "--follow",
    "--ignore-errors",
    "--since=1s",
    `--selector=${WORKLOAD_LABEL}=nginx`,
    `--max-log-requests=${MOST_BALANCERS}`,
  );
  logs.done.catch(() => undefined);
  return {
    end: async () => {
      await sleep(FLUSH);
      const said = logs.said();
      assert.ok(logs.child.exitCode === null && logs.child.pid !== undefined, `kubectl logs ended by itself:\n${said.slice(-1000)}`);
      process.kill(-logs.child.pid, "SIGTERM");
      await logs.done;
      return parseAccessLog(said);
    },
  };
}

/** What came of a change under load. */
export interface Outcome<T> {
  report: LoadReport;
  /** The balancers' log, which agrees with the report. */
  log: LoggedRequest[];
  value: T;
}

/**
 * Does something under a steady load over HTTPS, four GET (the page and an API call) to one POST, and counts what failed. Says the
 * figures, and checks them against the balancers' log, request by request.
 * @param what for the printed line
 */
export async function underLoad<T>(
  context: Context,
  what: string,
  work: () => Promise<T>,
  { mode = "fresh" }: { mode?: ConnectionMode } = {},
): Promise<Outcome<T>> {
  const { urls, caFile, address } = context.app.status;
  const balancers = followBalancers(context);
  await sleep(1000);
  const load = startLoadProcess({
    url: urls.app,
    caFile,
    address,
    // The cluster's network namespace, on this machine.
    allowRemote: true,
    rate: RATE,
    seconds: 1500,
    mode,
    get: ["/", "/api/whoami"],
    post: "/api/runs",
    postShare: 0.2,
  });
  const settled = await (async () => {
    await sleep(BEFORE);
    const started = Date.now();
    const value = await work();
    const seconds = Math.round((Date.now() - started) / 1000);
    await sleep(AFTER);
    return { value, seconds };
  })().catch((error: unknown) => ({ error }));
  const report = await load.stop();
  const log = await balancers.end();
  if ("error" in settled) throw settled.error;
  const { contradictions, savedByRetry } = reconcile(report, log);
  const { GET, POST } = report.byMethod;
  console.log(
    `      ${what} (${settled.seconds} s): failed ${GET.failed} of ${GET.sent} GET, ${POST.failed} of ${POST.sent} POST; ` +
      `${savedByRetry} answered by another replica; ${summary(report)}; latest send ${report.latestSend} ms`,
  );
  assert.deepEqual(contradictions, []);
  return { report, log, value: settled.value };
}

/** Failed GET requests, described. */
export function failedGets({ failures }: LoadReport): string[] {
  return failures
    .filter(({ method }) => method === "GET")
    .map(({ id, path, kind, detail, sentAt }) => `${sentAt} ${id} ${path} ${kind} ${detail}`);
}
