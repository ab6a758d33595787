import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { ask } from "./ask";
import { withNginx } from "./fixture";
import { selfSigned, type Nginx } from "./nginx";
import type { Replica } from "./replica";

/** Lets this side offer what the balancer has to refuse: the machine's own OpenSSL would not. */
const WEAK = "DEFAULT:@SECLEVEL=0";

function handshake(nginx: Nginx, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: nginx.ports.https, servername: "localhost", ca: nginx.ca, ...options }, () => {
      socket.end();
      resolve(socket);
    });
    socket.on("error", reject);
  });
}

/**
 * The versions of QUIC that somebody speaks: asked for one that nobody does, he answers with a list of his own (RFC 9000, 17.2.1). 1 is that of
 * HTTP/3. @throws Error when nobody answers
 */
async function quicVersions(address: string, port: number): Promise<number[]> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  try {
    // A long header with a version that is kept for this (15), two connection ids of 8 bytes, and the length below which it is dropped (14.1).
    const ours = randomBytes(8);
    const header = [Buffer.from([0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8]), randomBytes(8), Buffer.from([8]), ours];
    await new Promise<void>((resolve) => socket.connect(port, address, resolve));
    socket.send(Buffer.concat([...header, Buffer.alloc(1200)], 1200));
    const patience = AbortSignal.timeout(3000);
    const [answer] = (await once(socket, "message", { signal: patience }).catch((error: Error) => {
      throw patience.aborted ? new Error("no answer") : error;
    })) as [Buffer];
    assert.equal(answer.readUInt32BE(1), 0, "no version negotiation");
    assert.deepEqual(answer.subarray(6, 14), ours);
    return Array.from({ length: (answer.length - 23) / 4 }, (_, index) => answer.readUInt32BE(23 + 4 * index));
  } finally {
    socket.close();
  }
}

describe("nginx: TLS", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  async function start(tls: Parameters<typeof balancer.start>[0]["tls"] = true, hosts?: string[], redirectStatus?: 301): Promise<Nginx> {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    return balancer.start({
      routes: [{ name: "app", path: "/", to: { host: replica.address, port: replica.port } }],
      tls,
      ...(hosts ? { hosts } : {}),
      ...(redirectStatus ? { redirectStatus } : {}),
    });
  }

  it("intermediate: takes TLS 1.2 and 1.3, and nothing older", async () => {
    const nginx = await start();
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await handshake(nginx, { minVersion: version, maxVersion: version });
      assert.equal(socket.getProtocol(), version);
    }
    for (const version of ["TLSv1", "TLSv1.1"] as const) {
      await assert.rejects(handshake(nginx, { minVersion: version, maxVersion: version, ciphers: WEAK }), /protocol version|alert/i);
    }
  });

  it("intermediate: forward secrecy and authenticated encryption only", async () => {
    const nginx = await start();
    const good = await handshake(nginx, { maxVersion: "TLSv1.2" });
    assert.match(good.getCipher().name, /^ECDHE-ECDSA-(AES(128|256)-GCM|CHACHA20)/);
    for (const ciphers of [
      "AES128-SHA",
      "AES256-GCM-SHA384",
      "ECDHE-ECDSA-AES128-SHA",
      "ECDHE-ECDSA-AES256-SHA384",
      "DHE-RSA-AES128-GCM-SHA256",
    ]) {
      await assert.rejects(
        handshake(nginx, { maxVersion: "TLSv1.2", ciphers: `${ciphers}:@SECLEVEL=0` }),
        /handshake failure|alert/i,
        ciphers,
      );
    }
  });

  it("modern: TLS 1.3 alone", async () => {
    const nginx = await start({ profile: "modern" });
    assert.equal((await handshake(nginx, {})).getProtocol(), "TLSv1.3");
    await assert.rejects(handshake(nginx, { maxVersion: "TLSv1.2" }), /protocol version|alert/i);
  });

  it("sessions are resumed from the cache, and no ticket leaves the balancer", async () => {
    const nginx = await start();
    const first = await handshake(nginx, { maxVersion: "TLSv1.2" });
    const again = await handshake(nginx, { maxVersion: "TLSv1.2", session: first.getSession() });
    assert.equal(again.isSessionReused(), true);
    assert.equal(first.getTLSTicket() ?? undefined, undefined);
  });

  it("HSTS: two years over HTTPS by default, as told, or not at all", async () => {
    assert.equal((await ask(await start(), "/")).headers["strict-transport-security"], "max-age=63072000");
    const hsts = { maxAge: 31_536_000, includeSubDomains: true, preload: true };
    assert.equal(
      (await ask(await start({ hsts }), "/")).headers["strict-transport-security"],
      "max-age=31536000; includeSubDomains; preload",
    );
    assert.equal((await ask(await start({ hsts: false }), "/")).headers["strict-transport-security"], undefined);
  });

  it("plain HTTP is sent to HTTPS on the port clients see, keeping path and query", async () => {
    const nginx = await start();
    const answer = await ask(nginx, "/a%20b?c=d", { scheme: "http", method: "POST" });
    assert.deepEqual([answer.status, answer.headers.location], [308, `https://localhost:${nginx.ports.https}/a%20b?c=d`]);
    assert.equal((await ask(await start(true, undefined, 301), "/", { scheme: "http" })).status, 301);
  });

  it("plain HTTP: an ACME challenge is answered by who was told to, at its path alone", async () => {
    const [replica] = (await balancer.replicas(1, (request, response) => response.end(`for ${request.url}`))) as [Replica];
    const nginx = await balancer.start({
      routes: [{ name: "app", path: "/", respond: { status: 200 } }],
      tls: true,
      acme: { to: { host: replica.address, port: replica.port } },
    });
    const plain = (path: string, host?: string) => ask(nginx, path, { scheme: "http", ...(host ? { host } : {}) });
    const challenge = "/.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
    const { status, text } = await plain(challenge);
    assert.deepEqual([status, text], [200, `for ${challenge}`]);
    for (const path of ["/.well-known/other", "/.well-known/acme-challenge/../x", "/"]) assert.equal((await plain(path)).status, 308, path);
    assert.equal(replica.seen.length, 1);
    assert.equal(replica.headers.host, "localhost");
    assert.equal((await ask(nginx, challenge)).text, "", "over TLS it is a path like any other");
  });

  it("HTTP/2 by default, HTTP/1.1 alone when told so", async () => {
    const nginx = await start();
    const session = connectHttp2(`https://localhost:${nginx.ports.https}`, { ca: nginx.ca });
    try {
      const stream = session.request({ ":path": "/" });
      const headers = await new Promise<Record<string, unknown>>((resolve, reject) => stream.on("response", resolve).on("error", reject));
      assert.equal(headers[":status"], 200);
      stream.resume();
    } finally {
      session.close();
    }
    const one = await start({ http2: false });
    assert.notEqual((await handshake(one, { ALPNProtocols: ["h2", "http/1.1"] })).alpnProtocol, "h2");
  });

  it("HTTP/3: speaks QUIC version 1 on UDP, over IPv4 and IPv6, and says so", async () => {
    const nginx = await start({ http3: true });
    assert.equal((await ask(nginx, "/")).headers["alt-svc"], `h3=":${nginx.ports.https}"; ma=86400`);
    const families = existsSync("/proc/net/if_inet6") ? (["127.0.0.1", "::1"] as const) : (["127.0.0.1"] as const);
    for (const address of families) assert.ok((await quicVersions(address, nginx.ports.https)).includes(1), address);
    const without = await start();
    await assert.rejects(quicVersions("127.0.0.1", without.ports.https), /ECONNREFUSED|no answer/);
  });

  it("a name that is not ours sees no certificate; a known name with another Host is misdirected", async () => {
    const nginx = await start(true, ["localhost"]);
    await assert.rejects(handshake(nginx, { servername: "evil.test" }), /unrecognized name|alert/i);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: nginx.ports.https,
        servername: "localhost",
        ca: nginx.ca,
        headers: { host: "evil.test" },
        agent: false,
      };
      request(options, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });
    assert.equal(status, 421);
  });

  it("an address among the hosts is served although its clients send no name", async () => {
    const nginx = await start(true, ["127.0.0.1"]);
    const answer = await fetchByAddress(nginx);
    assert.equal(answer, 200);
  });

  it("several certificates: each name gets its own, wildcards included", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    const { renderNginx } = await import("@testbro/components/load-balancer/nginx");
    const nginx = await balancer.start({ hosts: ["localhost"], routes: [{ name: "app", path: "/", to }], tls: true });
    const wildcard = selfSigned(nginx.folder, "wildcard", ["*.example.test"]);
    const other = selfSigned(nginx.folder, "other", ["other.test"]);
    const first = { certificateFile: join(nginx.folder, "tls.pem"), keyFile: join(nginx.folder, "tls.key") };
    const text = renderNginx({
      hosts: ["localhost"],
      routes: [
        { name: "app", path: "/", to },
        { name: "wild", path: "/", hosts: ["a.example.test"], to },
        { name: "other", path: "/", hosts: ["other.test"], to },
      ],
      tls: { certificates: [first, { ...wildcard, hosts: ["*.example.test"] }, { ...other, hosts: ["other.test"] }] },
      ports: nginx.ports,
    });
    nginx.place(text);
    await nginx.reload();
    for (const [servername, expected] of [
      ["localhost", "localhost"],
      ["a.example.test", "*.example.test"],
      ["other.test", "other.test"],
    ] as const) {
      const certificate = (await handshake(nginx, { servername, rejectUnauthorized: false })).getPeerCertificate();
      assert.equal(certificate.subject.CN, expected);
    }
  });

  it("a replica's own TLS is verified: the right authority and name, or 502", async () => {
    const { createServer } = await import("node:https");
    const front = await start(true);
    const pair = selfSigned(front.folder, "replica", ["replica.test"]);
    const server = createServer({ cert: readFileSync(pair.certificateFile), key: readFileSync(pair.keyFile) }, (_request, response) =>
      response.end("tls"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.3.1", resolve));
    try {
      const to = { host: "127.0.3.1", port: (server.address() as { port: number }).port };
      const tls = { caFile: "/run/nginx/replica.pem", serverName: "replica.test" };
      const options = {
        routes: [
          { name: "right", path: "/right", to, upstreamTls: tls },
          { name: "name", path: "/name", to, upstreamTls: { ...tls, serverName: "other.test" } },
          { name: "authority", path: "/authority", to, upstreamTls: { ...tls, caFile: "/run/nginx/other.pem" } },
        ],
      };
      const nginx = await balancer.start(options, (folder) => {
        copyFileSync(pair.certificateFile, join(folder, "run", "replica.pem"));
        copyFileSync(join(front.folder, "tls.pem"), join(folder, "run", "other.pem"));
      });
      assert.equal((await ask(nginx, "/right")).text, "tls");
      assert.equal((await ask(nginx, "/name")).status, 502);
      assert.equal((await ask(nginx, "/authority")).status, 502);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

/** Status of a request to the address itself: no name in the handshake. */
function fetchByAddress(nginx: Nginx): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: nginx.ports.https, ca: nginx.ca, agent: false }, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
}
