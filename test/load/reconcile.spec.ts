import assert from "node:assert/strict";
import { failedOn, parseAccessLog, reconcile, reconciled, type LoggedRequest } from "./reconcile";
import { type Failure, type FailureKind, latencies, type LoadReport, summary } from "./report";

function failure(number: number, kind: FailureKind, detail: string): Failure {
  const at = "2026-01-01T00:00:00.000Z";
  return { id: `run-${number}`, method: "GET", path: "/", kind, detail, sentAt: at, failedAt: at };
}

function report(sent: number, ...failures: Failure[]): LoadReport {
  const counts = { sent, ok: sent - failures.length, failed: failures.length };
  return {
    ...counts,
    runId: "run",
    mode: "fresh",
    rate: 100,
    startedAt: "",
    endedAt: "",
    seconds: 1,
    unfinished: 0,
    byMethod: { GET: counts, POST: { sent: 0, ok: 0, failed: 0 } },
    failedByKind: {},
    failures,
    connections: sent,
    latestSend: 0,
  };
}

function logged(number: number, status = 200, ...upstreams: string[]): LoggedRequest {
  return { id: `run-${number}`, status, upstreams: upstreams.length > 0 ? upstreams : ["10.0.0.2:3001"] };
}

describe("reconciling the client with the balancer's log", () => {
  it("agrees on successes and on failures with the same status", () => {
    const result = reconcile(report(3, failure(1, "status", "502")), [logged(0), logged(1, 502), logged(2, 200, "a", "b")]);
    assert.deepEqual(result, { logged: 3, agreed: 3, savedByRetry: 1, neverArrived: [], lostAnswers: [], contradictions: [] });
    assert.ok(reconciled(result));
  });

  it("tells requests that never arrived from answers that were lost", () => {
    const run = report(3, failure(0, "connect", "ECONNREFUSED"), failure(1, "broken", "ECONNRESET"), failure(2, "timeout", ""));
    const result = reconcile(run, [logged(1), logged(2, 499)]);
    assert.deepEqual(result.neverArrived, ["run-0"]);
    assert.deepEqual(result.lostAnswers, ["run-1"]);
    assert.equal(result.agreed, 1);
    assert.ok(reconciled(result));
  });

  for (const [what, run, log] of [
    ["a success that the balancer never saw", report(1), []],
    ["a success that the balancer logged as an error", report(1), [logged(0, 502)]],
    ["another status in the log", report(1, failure(0, "status", "503")), [logged(0, 502)]],
    ["a request that arrived twice", report(1), [logged(0), logged(0)]],
    ["a request that was never sent", report(1), [logged(0), logged(1)]],
  ] as const) {
    it(`does not hide ${what}`, () => assert.equal(reconciled(reconcile(run, log)), false));
  }

  it("says which failures ended on a replica that was killed", () => {
    const run = report(4, failure(0, "status", "502"), failure(1, "status", "502"), failure(2, "connect", ""));
    const log = [logged(0, 502, "10.0.0.9:3001", "10.0.0.2:3001"), logged(1, 502, "10.0.0.3:3001"), logged(3, 200, "10.0.0.2:3001")];
    assert.deepEqual(
      failedOn(run, log, ["10.0.0.2"]).map(({ id }) => id),
      ["run-0"],
    );
  });

  it("ignores other runs, also one whose id starts the same", () => {
    const other = (id: string) => ({ id, status: 500, upstreams: [] });
    assert.ok(reconciled(reconcile(report(1), [logged(0), other("other-0"), other("run2-0"), other("-")])));
  });
});

describe("access log", () => {
  it("is read from among other lines", () => {
    const log = [
      "2026/01/01 00:00:00 [notice] 1#1: start worker process",
      '{"client_request_id":"run-0","status":201,"upstream":"10.0.0.2:3001, 10.0.0.3:3001"}',
      '{"client_request_id":"run-1","status":499,"upstream":"-"}',
      '{"client_request_id":"","status":200,"upstream":"10.0.0.2:3001"}',
      '{"client_request_id":"run-2","sta',
    ];
    assert.deepEqual(parseAccessLog(log.join("\n")), [
      logged(0, 201, "10.0.0.2:3001", "10.0.0.3:3001"),
      { id: "run-1", status: 499, upstreams: [] },
    ]);
  });

  it("is read as Traefik writes it, too, which names only the last replica", () => {
    const line = (fields: object) => JSON.stringify({ level: "info", msg: "", ...fields });
    const log = [
      line({ "request_X-Request-Id": "run-0", DownstreamStatus: 201, ServiceAddr: "10.0.0.3:3001", RetryAttempts: 1 }),
      line({ "request_X-Request-Id": "run-1", DownstreamStatus: 404, RetryAttempts: 0 }),
      line({ "request_X-Request-Id": "-", DownstreamStatus: 200, ServiceAddr: "10.0.0.3:3001" }),
      line({ message: "Configuration loaded" }),
    ];
    assert.deepEqual(parseAccessLog(log.join("\n")), [
      logged(0, 201, "unnamed", "10.0.0.3:3001"),
      { id: "run-1", status: 404, upstreams: [] },
    ]);
  });
});

describe("load report", () => {
  it("gives exact percentiles by nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    assert.deepEqual(latencies(hundred), { p50: 50, p90: 90, p99: 99, p999: 100, max: 100 });
    assert.equal(latencies([]), undefined);
  });

  it("fits a line", () => {
    const run = { ...report(100, failure(0, "timeout", "")), failedByKind: { timeout: 1 }, latency: latencies([2]) };
    assert.equal(summary(run), "100 sent on fresh connections in 1 s, 1 failed (1 timeout); p50 2 ms, p99 2 ms, max 2 ms");
  });
});
