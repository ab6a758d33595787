import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type LoggedRequest,
  type LoadProcess,
  type LoadReport,
  type ConnectionMode,
  parseAccessLog,
  reconcile,
  startLoadProcess,
  summary,
} from "../load";
import type { Running } from "../swarm/commands";
import type { Context } from "./context";
import { type Kubectl, WORKLOAD_LABEL } from "./kubectl";

/** Requests per second. */
export const RATE = 100;

/** Time in which kubectl has listed the balancers that were there before, milliseconds; load comes after it. */
const BEGINNING = 3000;

/** Load before and after what is done, milliseconds. */
const BEFORE = 5000;
const AFTER = 5000;

/** The balancer writes its log at least once a second; then it takes the kubelet and kubectl a moment. */
const FLUSH = 3000;

/** What the balancers log from now on, those included that come. It is followed, because the kubelet throws old lines away. */
class BalancerLog {
  private readonly followed = new Map<string, Running>();
  private readonly pods: Running;
  private readonly begun = Date.now();
  private heard = 0;

  constructor(
    private readonly kubectl: Kubectl,
    balancer: string,
  ) {
    const fields = 'jsonpath={.metadata.name} {.status.phase}{"\\n"}';
    this.pods = kubectl.follow("get", "pods", "--watch", `--selector=${WORKLOAD_LABEL}=${balancer}`, "-o", fields);
    this.pods.child.stdout?.on("data", () => this.hear());
    this.pods.done.catch(() => undefined);
  }

  /** Of a pod that is there at the beginning only what is new, of any other everything. */
  private hear(): void {
    const lines = this.pods.said().slice(this.heard).split("\n");
    this.heard = this.pods.said().length - (lines.pop()?.length ?? 0);
    for (const line of lines) {
      const [name = "", phase] = line.split(" ");
      if (phase !== "Running" || this.followed.has(name)) continue;
      const old = Date.now() - this.begun < BEGINNING;
      const logs = this.kubectl.follow("logs", "--follow", name, ...(old ? ["--since=1s"] : []));
      logs.done.catch(() => undefined);
      this.followed.set(name, logs);
    }
  }

  async end(): Promise<LoggedRequest[]> {
    await sleep(FLUSH);
    const all = [this.pods, ...this.followed.values()];
    for (const { child } of all) if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await Promise.all(all.map(({ done }) => done));
    return parseAccessLog([...this.followed.values()].map((logs) => logs.said()).join("\n"));
  }
}

/** What came of a change under load. */
export interface Outcome<T> {
  report: LoadReport;
  /** The balancers' log, which agrees with the report. */
  log: LoggedRequest[];
  value: T;
}

/** Starts sending requests to the stack's address, until it is stopped (25 minutes at most). */
export function startLoad(context: Context, options: Omit<Parameters<typeof startLoadProcess>[0], "url">): LoadProcess {
  const { urls, caFile, address } = context.app.status;
  return startLoadProcess({
    url: urls.app,
    caFile,
    ...(address ? { addresses: [address] } : {}),
    // The cluster's network namespace, on this machine.
    allowRemote: true,
    seconds: 1500,
    ...options,
  });
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
  const balancers = new BalancerLog(context.kubectl, context.balancer);
  await sleep(BEGINNING);
  const load = startLoad(context, {
    rate: RATE,
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

/** When the replica at an address got its first and its last request, milliseconds since 1970. */
export function servedWhen(log: readonly LoggedRequest[], address: string): { first: number; last: number } {
  const times = log.filter(({ upstreams }) => upstreams.at(-1)?.startsWith(`${address}:`)).map(({ at }) => at ?? NaN);
  return { first: Math.min(...times), last: Math.max(...times) };
}

/** Failed GET requests, described. */
export function failedGets({ failures }: LoadReport): string[] {
  return failures
    .filter(({ method }) => method === "GET")
    .map(({ id, path, kind, detail, sentAt }) => `${sentAt} ${id} ${path} ${kind} ${detail}`);
}
