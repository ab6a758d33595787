import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProbedUpstream } from "@testbro/components/load-balancer/nginx";
import { probe } from "./probe";
import { Prober } from "./prober";
import type { Finding } from "./core/replica";

const UPSTREAM: ProbedUpstream = {
  host: "app.test",
  port: 1,
  check: { path: "/health?deep=1", host: "app.test" },
  interval: 60,
  timeout: 0.3,
  failures: 1,
  successes: 1,
  backoff: { initial: 60, max: 60 },
};

describe("prober: one question", () => {
  let server: Server;
  let answer: RequestListener;

  beforeEach(async () => {
    server = createServer((request, response) => answer(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const upstream = (more: Partial<ProbedUpstream> = {}) => ({ ...UPSTREAM, port: (server.address() as AddressInfo).port, ...more });

  it("asks for the path at the replica's address with the host's name, on a connection of its own", async () => {
    const seen: unknown[] = [];
    answer = ({ method, url, headers }, response) => {
      seen.push([method, url, headers.host, headers.connection]);
      response.end();
    };
    const asked = upstream();
    assert.deepEqual(await probe(asked, "127.0.0.1"), { ok: true });
    assert.deepEqual(seen, [["GET", "/health?deep=1", `app.test:${asked.port}`, "close"]]);
  });

  for (const [status, ok] of [
    [204, true],
    [302, true],
    [404, false],
    [500, false],
    [503, false],
  ] as const) {
    it(`status ${status} is ${ok ? "well" : "a failure"}`, async () => {
      answer = (_request, response) => response.writeHead(status).end();
      assert.deepEqual(await probe(upstream(), "127.0.0.1"), ok ? { ok } : { ok, reason: `status ${status}` });
    });
  }

  it("no answer, a cut connection, a closed port and what is no HTTP are failures, each with its reason", async () => {
    answer = () => undefined;
    assert.deepEqual(await probe(upstream(), "127.0.0.1"), { ok: false, reason: "no answer within 0.3 s" });
    answer = ({ socket }) => void socket.destroy();
    assert.deepEqual(await probe(upstream(), "127.0.0.1"), { ok: false, reason: "ECONNRESET" });
    answer = ({ socket }) => void socket.end("nonsense\r\n\r\n");
    assert.match(JSON.stringify(await probe(upstream(), "127.0.0.1")), /"reason":"HPE_/);
    assert.deepEqual(await probe({ ...UPSTREAM, port: 1 }, "127.0.0.1"), { ok: false, reason: "ECONNREFUSED" });
  });

  it("over TCP a connection is enough", async () => {
    answer = () => undefined;
    assert.deepEqual(await probe(upstream({ check: { tcp: true } }), "127.0.0.1"), { ok: true });
    assert.deepEqual(await probe({ ...UPSTREAM, check: { tcp: true } }, "127.0.0.1"), { ok: false, reason: "ECONNREFUSED" });
  });

  it("asks over TLS, and only who shows the right certificate works", async () => {
    const folder = mkdtempSync(join(tmpdir(), "testbro-prober-"));
    const [caFile, keyFile] = [join(folder, "ca.pem"), join(folder, "ca.key")];
    const subject = ["-subj", "/CN=app.test", "-addext", "subjectAltName=DNS:app.test"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-days", "1", "-out", caFile, "-keyout", keyFile], { stdio: "pipe" });
    const secure = createSecureServer({ cert: readFileSync(caFile), key: readFileSync(keyFile) }, (_request, response) => response.end());
    secure.listen(0, "127.0.0.1");
    await once(secure, "listening");
    answer = (_request, response) => void response.end();
    const over = (port: number, file: string, serverName: string) =>
      probe({ ...UPSTREAM, port, tls: { caFile: file, serverName }, timeout: 5 }, "127.0.0.1");
    const { port } = secure.address() as AddressInfo;
    try {
      assert.deepEqual(await over(port, caFile, "app.test"), { ok: true });
      assert.deepEqual(await over(port, caFile, "other.test"), { ok: false, reason: "ERR_TLS_CERT_ALTNAME_INVALID" });
      assert.match(JSON.stringify(await over(port, "/nowhere/ca.pem", "app.test")), /ENOENT/);
      assert.equal((await over(upstream().port, caFile, "app.test"))?.ok, false);
    } finally {
      secure.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("says nothing of a replica when this process itself stood still", async () => {
    answer = () => undefined;
    const finding = probe(upstream(), "127.0.0.1");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200);
    assert.equal(await finding, undefined);
  });

  it("an answer that waited for this process is taken", async () => {
    answer = (_request, response) => void setTimeout(() => response.end(), 100);
    const finding = probe(upstream(), "127.0.0.1");
    await new Promise((resolve) => setTimeout(resolve, 150));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    assert.deepEqual(await finding, { ok: true });
  });
});

describe("prober: all of them", () => {
  const asked: string[] = [];
  const moved: string[] = [];
  let findings: Record<string, Finding | undefined>;
  let prober: Prober;

  beforeEach(() => {
    asked.splice(0);
    moved.splice(0);
    findings = {};
    prober = new Prober(
      async ({ port }, address) => {
        asked.push(`${address}:${port}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return address in findings ? findings[address] : { ok: true };
      },
      { probed: () => undefined, moved: (upstream, address, standing) => moved.push(`${upstream} ${address} ${standing}`) },
    );
  });
  afterEach(() => prober.stop());

  const settle = () => new Promise((resolve) => setTimeout(resolve, 60));

  it("asks whom DNS names, once, gives who works, and forgets with the configuration", async () => {
    prober.configure([UPSTREAM]);
    assert.deepEqual([prober.knows("APP.test"), prober.knows("other.test")], [true, false]);
    findings["10.0.0.2"] = { ok: false, reason: "dead" };
    const all = ["10.0.0.1", "10.0.0.2"];
    assert.deepEqual(prober.heard("app.test", all, 4), { addresses: all, failOpen: false }, "before anything is known, all");
    await settle();
    assert.deepEqual([asked, prober.choose("app.test", all).addresses], [["10.0.0.1:1", "10.0.0.2:1"], ["10.0.0.1"]]);
    assert.deepEqual(moved, ["app.test:1 10.0.0.1 in", "app.test:1 10.0.0.2 out"]);
    prober.configure([UPSTREAM]);
    assert.deepEqual(prober.choose("app.test", all).addresses, ["10.0.0.1"], "the same upstream is still known");
    prober.configure([]);
    assert.deepEqual([prober.knows("app.test"), prober.state()], [false, []]);
  });

  it("a host that is checked on two ports is left out when one of them fails", async () => {
    prober.configure([UPSTREAM, { ...UPSTREAM, port: 2 }]);
    prober.heard("app.test", ["10.0.0.1", "10.0.0.2"], 4);
    await settle();
    assert.equal(asked.length, 4);
    prober.heard("app.test", ["10.0.0.1", "10.0.0.2", "10.0.0.3"], 4);
    findings["10.0.0.3"] = { ok: false, reason: "dead" };
    await settle();
    assert.deepEqual(prober.choose("app.test", ["10.0.0.1", "10.0.0.3"]).addresses, ["10.0.0.1"]);
  });

  it("says that it fails open, for as long as it does", async () => {
    prober.configure([UPSTREAM]);
    findings["10.0.0.1"] = { ok: false, reason: "dead" };
    prober.heard("app.test", ["10.0.0.1"], 4);
    await settle();
    assert.deepEqual(prober.choose("app.test", ["10.0.0.1"]), { addresses: ["10.0.0.1"], failOpen: true });
    assert.deepEqual(
      prober.state().map(({ failOpen }) => failOpen),
      [true],
    );
    prober.heard("app.test", ["10.0.0.2"], 4);
    assert.equal(prober.state()[0]?.failOpen, false);
  });
});
