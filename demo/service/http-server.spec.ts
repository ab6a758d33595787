import assert from "node:assert/strict";
import { Writable } from "node:stream";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { createHttpServer, ServiceUnavailableError, type HttpServerOptions } from "./http-server";
import { Lifecycle } from "./lifecycle";
import { serveMetrics, ServiceMetrics } from "./metrics";

function serverWith(options: Partial<HttpServerOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
      done();
    },
  });
  const logger = pino({ level: "info", formatters: { level: (level) => ({ level }) } }, sink);
  const lifecycle = new Lifecycle({ logger, drainSeconds: 0.5, exit: () => undefined });
  const metrics = new ServiceMetrics("test", "1", () => true);
  const app = createHttpServer({ logger, metrics, lifecycle, version: "1", fault: { kind: "none" }, notReady: () => [], ...options });
  app.get("/things/:id", async () => ({ thing: true }));
  app.get("/missing-part", async () => {
    throw new ServiceUnavailableError("the database is not reachable");
  });
  app.get("/broken", async () => {
    throw new Error("secret detail");
  });
  return { app, lifecycle, lines, metrics };
}

describe("createHttpServer", () => {
  it("keeps the request id of the balancer, in the answer and in the log line", async () => {
    const { app, lines } = serverWith();
    const answer = await app.inject({ url: "/things/7", headers: { "x-request-id": "edge-42" } });
    assert.equal(answer.headers["x-request-id"], "edge-42");
    const line = lines.find(({ msg }) => msg === "request");
    assert.equal(line?.requestId, "edge-42");
    assert.equal(line?.status, 200);
  });

  it("makes a request id when there is none or it is not one", async () => {
    const { app } = serverWith();
    for (const given of [undefined, 'with "quotes"', "x".repeat(129)]) {
      const answer = await app.inject({ url: "/things/7", headers: given === undefined ? {} : { "x-request-id": given } });
      assert.match(String(answer.headers["x-request-id"]), /^[0-9a-f-]{36}$/);
    }
  });

  it("counts by method, route template and status, with one label for everything unmatched", async () => {
    const { app, metrics } = serverWith();
    for (const url of ["/things/1", "/things/2", "/nothing/1", "/nothing/2", "/missing-part"]) await app.inject(url);
    const text = await metrics.registry.metrics();
    const count = (labels: string) => text.includes(`testbro_http_requests_total{${labels},service="test"}`);
    assert.match(text, /requests_total\{method="GET",route="\/things\/:id",status="200",service="test"\} 2/);
    assert.match(text, /requests_total\{method="GET",route="unmatched",status="404",service="test"\} 2/);
    assert.ok(count('method="GET",route="/missing-part",status="503"'));
    assert.match(text, /testbro_http_requests_in_flight\{service="test"\} 0/);
    assert.ok(!text.includes("/nothing/1"));
  });

  it("answers 503 with Retry-After when a part is missing, and hides the detail of a defect", async () => {
    const { app } = serverWith();
    const missing = await app.inject("/missing-part");
    assert.equal(missing.statusCode, 503);
    assert.equal(missing.headers["retry-after"], "1");
    assert.equal(missing.json<{ error: string }>().error, "the database is not reachable");
    const broken = await app.inject("/broken");
    assert.equal(broken.statusCode, 500);
    assert.ok(!broken.body.includes("secret detail"));
  });

  it("is live whatever is missing, and ready only when nothing is", async () => {
    const reasons = ["PostgreSQL: connection refused"];
    const { app } = serverWith({ notReady: () => reasons });
    assert.equal((await app.inject("/health")).statusCode, 200);
    const unready = await app.inject("/health/ready");
    assert.equal(unready.statusCode, 503);
    assert.deepEqual(unready.json<{ reasons: string[] }>().reasons, reasons);
    reasons.length = 0;
    assert.equal((await app.inject("/health/ready")).statusCode, 200);
  });

  it("fails only the health check when it was asked never to be healthy", async () => {
    const { app } = serverWith({ fault: { kind: "never-healthy" } });
    assert.equal((await app.inject("/health?probe=1")).statusCode, 500);
    assert.equal((await app.inject("/things/1")).statusCode, 200);
  });

  it("while draining is unready but still serves, with Connection: close, and then stops listening", async () => {
    const { app, lifecycle } = serverWith();
    await app.listen({ port: 0, host: "127.0.0.1" });
    const base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    const before = await fetch(`${base}/things/1`);
    assert.equal(before.headers.get("connection"), "keep-alive");
    await before.text();
    const stopped = lifecycle.stop("SIGTERM");
    const ready = await fetch(`${base}/health/ready`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /draining/);
    const during = await fetch(`${base}/things/1`);
    assert.equal(during.status, 200);
    assert.equal(during.headers.get("connection"), "close");
    await during.text();
    await stopped;
    await assert.rejects(fetch(`${base}/things/1`));
  });
});

describe("serveMetrics", () => {
  it("serves the metrics and nothing else", async () => {
    const server = await serveMetrics(new ServiceMetrics("test", "1.2.3", () => false), 0);
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const text = await (await fetch(`${base}/metrics`)).text();
      assert.match(text, /testbro_build_info\{version="1\.2\.3",service="test"\} 1/);
      assert.match(text, /testbro_ready\{service="test"\} 0/);
      assert.match(text, /process_cpu_seconds_total/);
      assert.equal((await fetch(`${base}/`)).status, 404);
    } finally {
      server.close();
    }
  });
});
