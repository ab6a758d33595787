import type { Failure, LoadReport } from "./report";

/** One line of the balancer's access log, as far as reconciling needs it. */
export interface LoggedRequest {
  /** The request's `x-request-id`. */
  id: string;
  /** Status the balancer answered with; 499 when the client had gone. */
  status: number;
  /** Addresses of the replicas that were tried, in order; more than one means that the balancer moved on from a failed one. */
  upstreams: string[];
  /** When it came (Traefik) or was answered (nginx, to the second), milliseconds since 1970; where the line tells. */
  at?: number;
}

/** What the client counted against what the balancer logged, request by request. */
export interface Reconciliation {
  /** Requests of this run found in the log. */
  logged: number;
  /** Requests the log and the client agree on: answered as expected in both, or failed in the client with the status that was logged. */
  agreed: number;
  /** Requests that the balancer answered only by trying another replica: what its failover saved. */
  savedByRetry: number;
  /** Failed in the client and absent from the log: the connection never got as far as a request. */
  neverArrived: string[];
  /** Failed in the client although the balancer logged a success: the answer was lost on the way. */
  lostAnswers: string[];
  /** Ids that both counted, but with different outcomes beyond the two above; empty when the two counts can be trusted. */
  contradictions: string[];
}

/** True when every request is accounted for. */
export function reconciled(result: Reconciliation): boolean {
  return result.contradictions.length === 0;
}

/** Compares a run with the balancer's log. Lines of other runs are ignored. */
export function reconcile(report: LoadReport, log: Iterable<LoggedRequest>): Reconciliation {
  const byId = new Map<string, LoggedRequest[]>();
  for (const entry of log) {
    if (!entry.id.startsWith(`${report.runId}-`)) continue;
    byId.set(entry.id, [...(byId.get(entry.id) ?? []), entry]);
  }
  const failed = new Map(report.failures.map((failure) => [failure.id, failure]));
  const result: Reconciliation = { logged: 0, agreed: 0, savedByRetry: 0, neverArrived: [], lostAnswers: [], contradictions: [] };
  for (let number = 0; number < report.sent; number++) {
    const id = `${report.runId}-${number}`;
    const entries = byId.get(id) ?? [];
    byId.delete(id);
    const failure = failed.get(id);
    const [entry] = entries;
    if (entry) result.logged++;
    if (entries.length > 1) {
      result.contradictions.push(`${id}: sent once, logged ${entries.length} times`);
    } else if (!entry) {
      if (failure) result.neverArrived.push(id);
      else result.contradictions.push(`${id}: answered, but not in the log`);
    } else if (!failure) {
      if (entry.status >= 200 && entry.status < 300) {
        result.agreed++;
        if (entry.upstreams.length > 1) result.savedByRetry++;
      } else {
        result.contradictions.push(`${id}: answered as expected, but logged with status ${entry.status}`);
      }
    } else if (failure.kind === "status") {
      if (failure.detail === String(entry.status)) result.agreed++;
      else result.contradictions.push(`${id}: answered with status ${failure.detail}, but logged with ${entry.status}`);
    } else if (entry.status < 400) {
      result.lostAnswers.push(id);
    } else {
      result.agreed++;
    }
  }
  for (const id of byId.keys()) result.contradictions.push(`${id}: in the log, but never sent`);
  return result;
}

/**
 * Failed requests whose last attempt went to a replica at one of these addresses: what was in flight on a process that was
 * killed, when that is where its replica was.
 * @param hosts addresses without port
 */
export function failedOn(report: LoadReport, log: Iterable<LoggedRequest>, hosts: readonly string[]): Failure[] {
  const lastAttempt = new Map<string, string | undefined>();
  for (const { id, upstreams } of log) lastAttempt.set(id, upstreams.at(-1)?.replace(/:\d+$/, ""));
  return report.failures.filter(({ id }) => hosts.includes(lastAttempt.get(id) ?? ""));
}

/** A line of nginx's or Traefik's access log, as far as it is read. */
interface Line {
  time?: string;
  StartUTC?: string;
  client_request_id?: string;
  status?: number;
  upstream?: string;
  "request_X-Request-Id"?: string;
  DownstreamStatus?: number;
  ServiceAddr?: string;
  RetryAttempts?: number;
}

/** Stands for a replica that Traefik tried before the last one: it logs only how many there were. */
const UNNAMED = "unnamed";

/** nginx: "a, b" when b was tried after a; "-" where none was asked. */
function nginxRequest({ client_request_id: id, status, upstream = "" }: Line): LoggedRequest | undefined {
  if (!id || status === undefined) return undefined;
  return { id, status, upstreams: upstream.split(/\s*[,:]\s+/).filter((address) => address !== "" && address !== "-") };
}

function traefikRequest({
  "request_X-Request-Id": id,
  DownstreamStatus: status,
  ServiceAddr,
  RetryAttempts = 0,
}: Line): LoggedRequest | undefined {
  if (!id || id === "-" || status === undefined) return undefined;
  const before = Array.from({ length: RetryAttempts }, () => UNNAMED);
  return { id, status, upstreams: ServiceAddr ? [...before, ServiceAddr] : before };
}

/** Reads the balancer's access log: JSON objects, one a line, among lines of other kinds, which are left out. */
export function parseAccessLog(text: string): LoggedRequest[] {
  const requests: LoggedRequest[] = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith("{")) continue;
    let entry: Line;
    try {
      entry = JSON.parse(line) as Line;
    } catch {
      continue;
    }
    const request = nginxRequest(entry) ?? traefikRequest(entry);
    const at = Date.parse(entry.StartUTC ?? entry.time ?? "");
    if (request) requests.push(Number.isNaN(at) ? request : { ...request, at });
  }
  return requests;
}
