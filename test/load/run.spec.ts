import assert from "node:assert/strict";
import { type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { completeOptions, type LoadOptions } from "./options";
import { type LoadReport, runLoad } from "./index";
import { selfSigned } from "./certificate.fixture";

const certificate = selfSigned();
let server: Server | undefined;
const seen: { method: string; url: string; id: string; socket: Socket }[] = [];

function answer(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(request.method === "POST" ? 201 : 200).end("{}");
}

/** Serves with `listener` on a free port of 127.0.0.1 and runs a load of it. */
async function load(listener: RequestListener, options: Partial<LoadOptions>): Promise<LoadReport> {
  seen.length = 0;
  const started = createServer(certificate, (request, response) => {
    seen.push({
      method: request.method ?? "",
      url: request.url ?? "",
      id: String(request.headers["x-request-id"]),
      socket: request.socket,
    });
    listener(request, response);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const url = `https://localhost:${(started.address() as AddressInfo).port}`;
  return runLoad(completeOptions({ url, ca: certificate.cert, rate: 100, seconds: 0.5, ...options })).report;
}

describe("load client", () => {
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  it("sends at the given rate, whatever the answers take", async () => {
    const slow = (request: IncomingMessage, response: ServerResponse) => void setTimeout(() => answer(request, response), 200);
    const report = await load(slow, { rate: 50, seconds: 1 });
    assert.equal(report.sent, 50);
    assert.equal(report.ok, 50);
    assert.equal(report.unfinished, 0);
    assert.ok(report.seconds < 5, `a closed loop would take 10 s: ${report.seconds} s`);
    assert.ok((report.latency?.p50 ?? 0) >= 199, `latency is from the moment a request was due: ${report.latency?.p50}`);
  });

  it("mixes GET and POST by the share, takes GET paths in turn and gives each request its own id", async () => {
    const report = await load(answer, { get: ["/", "/api/whoami"], post: "/api/runs", postShare: 0.2 });
    assert.deepEqual(report.byMethod, { GET: { sent: 40, ok: 40, failed: 0 }, POST: { sent: 10, ok: 10, failed: 0 } });
    assert.equal(seen.filter(({ url }) => url === "/api/whoami").length, 20);
    assert.deepEqual(new Set(seen.map(({ id }) => id)), new Set(Array.from({ length: 50 }, (_, number) => `${report.runId}-${number}`)));
  });

  it("tries the next address where no connection comes about, in both modes, and never after one did", async () => {
    const close = () => void (server?.closeAllConnections(), server?.close());
    for (const mode of ["fresh", "keep-alive"] as const) {
      // Nothing listens at the second.
      const both = { mode, post: "/api/runs", addresses: ["127.0.0.1", "127.0.0.2"] };
      const report = await load(answer, both);
      assert.deepEqual([report.failed, report.ok, seen.length], [0, 50, 50]);
      close();
      const broken = await load((request) => request.socket.destroy(), both);
      assert.deepEqual([broken.failed, seen.length], [50, 50]);
      close();
    }
    const refused = await load(answer, { addresses: ["127.0.0.2", "127.0.0.3"] });
    assert.deepEqual(refused.failedByKind, { connect: 50 });
  });

  it("opens a connection for every request in fresh mode", async () => {
    const report = await load(answer, { mode: "fresh" });
    assert.equal(report.connections, 50);
    assert.equal(new Set(seen.map(({ socket }) => socket)).size, 50);
  });

  it("takes turns on as many connections as asked in keep-alive mode", async () => {
    const report = await load(answer, { mode: "keep-alive", connections: 5 });
    assert.equal(report.failed, 0);
    // One each, and one more wherever an answer took longer than until that client's next turn.
    assert.ok(report.connections >= 5 && report.connections <= 15, `${report.connections} connections for 50 requests`);
    assert.equal(new Set(seen.map(({ socket }) => socket)).size, report.connections);
  });

  it("counts another status than the expected one", async () => {
    const everyFifth = (request: IncomingMessage, response: ServerResponse) =>
      seen.length % 5 === 0 ? void response.writeHead(500).end() : answer(request, response);
    const report = await load(everyFifth, {});
    assert.deepEqual(report.failedByKind, { status: 10 });
    assert.equal(report.failures[0]?.detail, "500");
    const [first] = report.failures;
    assert.ok(first && Date.parse(first.sentAt) <= Date.parse(first.failedAt) && Date.parse(first.sentAt) >= Date.parse(report.startedAt));
  });

  it("counts a 200 to a POST that should have created something", async () => {
    const report = await load((_request, response) => void response.end(), { post: "/api/runs", postShare: 1 });
    assert.deepEqual(report.failedByKind, { status: 50 });
  });

  it("counts a reset, and does not send the request again", async () => {
    const report = await load((request) => void request.socket.destroy(), {});
    assert.deepEqual(report.failedByKind, { broken: 50 });
    assert.equal(seen.length, 50, "each request reached the server exactly once");
  });

  it("counts an answer that breaks off in its middle", async () => {
    const half = (request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { "content-length": 100 }).write("half", () => request.socket.destroy());
    };
    const report = await load(half, {});
    assert.deepEqual(report.failedByKind, { broken: 50 });
  });

  it("gives up on a request without an answer, and ends all the same", async () => {
    const report = await load(() => undefined, { timeout: 300 });
    assert.deepEqual(report.failedByKind, { timeout: 50 });
    assert.equal(report.unfinished, 0);
  });

  it("gives up on an answer that never ends", async () => {
    const report = await load((_request, response) => void response.writeHead(200).write("and so on"), { timeout: 300 });
    assert.deepEqual(report.failedByKind, { timeout: 50 });
  });

  it("counts a server it cannot reach or trust as a failed connection", async () => {
    const untrusted = await load(answer, { ca: undefined });
    assert.deepEqual(untrusted.failedByKind, { connect: 50 });
    assert.equal(seen.length, 0);
    const refused = await runLoad(completeOptions({ url: "https://localhost:1", rate: 20, seconds: 0.5 })).report;
    assert.deepEqual(refused.failedByKind, { connect: 10 });
    assert.equal(refused.failures[0]?.detail, "ECONNREFUSED");
  });

  it("counts a request that meets an unannounced close of its keep-alive connection", async () => {
    // The server gives up each connection the moment its second request arrives: what a client sees when its request crosses
    // with the close of an idle connection.
    const used = new WeakSet<Socket>();
    const closing = (request: IncomingMessage, response: ServerResponse) => {
      if (used.has(request.socket)) return void request.socket.destroy();
      used.add(request.socket);
      answer(request, response);
    };
    const report = await load(closing, { mode: "keep-alive", connections: 5 });
    assert.deepEqual(Object.keys(report.failedByKind), ["broken-reused"]);
    assert.equal(report.failed, report.sent - report.connections, "all but the first request on each connection");
  });

  it("leaves a connection whose close was announced, so that nothing fails", async () => {
    const announcing = (request: IncomingMessage, response: ServerResponse) => {
      response.setHeader("connection", "close");
      answer(request, response);
    };
    const report = await load(announcing, { mode: "keep-alive", connections: 5 });
    assert.equal(report.failed, 0);
    assert.equal(report.connections, 50);
  });

  it("leaves a connection that the server closed while it was idle and the client knew", async () => {
    const closingSoon = (request: IncomingMessage, response: ServerResponse) => {
      answer(request, response);
      setTimeout(() => request.socket.end(), 10);
    };
    const report = await load(closingSoon, { mode: "keep-alive", connections: 10, rate: 20, seconds: 1 });
    assert.equal(report.failed, 0, JSON.stringify(report.failures[0]));
  });

  it("stops early when asked and waits for the answers still open", async () => {
    let asked = 0;
    let stop = (): void => undefined;
    const slow = (request: IncomingMessage, response: ServerResponse) => {
      setTimeout(() => answer(request, response), 100);
      if (++asked === 20) stop();
    };
    server = createServer(certificate, slow);
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    const run = runLoad(completeOptions({ url, ca: certificate.cert, rate: 100, seconds: 60 }));
    stop = () => run.stop();
    const report = await run.report;
    assert.ok(report.sent >= 20 && report.sent < 1000, `${report.sent} of 6000 requests, and it was told to stop after 20`);
    assert.equal(report.ok, report.sent);
  });
});
