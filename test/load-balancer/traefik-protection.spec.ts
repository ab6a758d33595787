import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { TraefikProxyRoute } from "@testbro/components/load-balancer/traefik";
import { ask, tally } from "./ask";
import type { Replica } from "./replica";
import type { Traefik } from "./traefik";
import { targets, withTraefik } from "./traefik-fixture";

/** Password "open sesame" for "ada", as htpasswd -B writes it. */
function htpasswd(user: string, password: string): string {
  const hash = execFileSync("openssl", ["passwd", "-apr1", password], { encoding: "utf8" }).trim();
  return `${user}:${hash}`;
}

function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}

describe("traefik: protection", function () {
  this.timeout(180_000);
  const balancer = withTraefik();

  function route(replicas: Replica[], more: Partial<TraefikProxyRoute> = {}): TraefikProxyRoute {
    return { name: "app", path: "/", to: targets(replicas), ...more };
  }

  async function statuses(traefik: Traefik, count: number, path = "/", question = {}): Promise<Record<string, number>> {
    const answers = await Promise.all(Array.from({ length: count }, () => ask(traefik, path, question)));
    return tally(answers.map((answer) => String(answer.status)));
  }

  it("rate limit: lets the burst through, answers 429 with Retry-After, and counts each client by itself", async () => {
    const replicas = await balancer.replicas(1);
    const rateLimits = [{ rate: "6r/m", burst: 4 }] as const;
    const traefik = await balancer.start({ routes: [route(replicas, { rateLimits: [...rateLimits], retry: false })] });
    assert.deepEqual(await statuses(traefik, 12, "/", { from: "127.0.9.1" }), { "200": 5, "429": 7 });
    const refused = await ask(traefik, "/", { from: "127.0.9.1" });
    assert.equal(refused.status, 429);
    assert.match(String(refused.headers["retry-after"]), /^\d+$/);
    assert.equal(refused.headers["x-content-type-options"], "nosniff", "refusals have the security headers too");
    assert.equal((await ask(traefik, "/", { from: "127.0.9.2" })).status, 200);
  });

  it("rate limit for everyone: no header a client sends makes it another one", async () => {
    const replicas = await balancer.replicas(1);
    const limited = route(replicas, { name: "limited", path: "/limited", rateLimits: [{ rate: "1r/m", burst: 2, key: "everyone" }] });
    const traefik = await balancer.start({ routes: [limited] });
    const seen: number[] = [];
    for (let index = 1; index <= 6; index += 1) {
      const headers = { "x-forwarded-for": `203.0.113.${index}`, "x-real-ip": `203.0.113.${index}` };
      seen.push((await ask(traefik, "/limited", { from: `127.0.9.${index}`, headers })).status);
    }
    assert.deepEqual(seen, [200, 200, 200, 429, 429, 429]);
  });

  it("connection limit: refuses a client's third open request", async () => {
    const replicas = await balancer.replicas(1, (_request, response) => void setTimeout(() => response.end(), 1000));
    const traefik = await balancer.start({ routes: [route(replicas, { connectionLimit: { perClient: 2 } })] });
    assert.deepEqual(await statuses(traefik, 5, "/", { from: "127.0.9.1" }), { "200": 2, "429": 3 });
  });

  it("trusted proxies: the client is who they say, and nobody else may say so", async () => {
    const replicas = await balancer.replicas(1);
    const traefik = await balancer.start({
      routes: [route(replicas, { access: { allow: ["203.0.113.0/24"] } })],
      trustedProxies: { ranges: ["127.0.5.0/24", "10.0.0.0/8"] },
    });
    const headers = { "x-forwarded-for": "198.51.100.1, 203.0.113.9, 10.1.2.3" };
    assert.equal((await ask(traefik, "/", { headers, from: "127.0.5.7" })).status, 200);
    assert.equal((await ask(traefik, "/", { headers, from: "127.0.6.7" })).status, 403);
    assert.equal((await ask(traefik, "/", { headers: { "x-forwarded-for": "198.51.100.1" }, from: "127.0.5.7" })).status, 403);
  });

  it("addresses: allow, deny, and either an address or a password", async () => {
    const replicas = await balancer.replicas(1);
    const users = [htpasswd("ada", "open sesame")];
    const traefik = await balancer.start({
      limits: { perClient: false },
      routes: [
        route(replicas, { name: "listed", path: "/listed", access: { allow: ["127.0.9.0/24"], deny: ["127.0.9.66"] } }),
        route(replicas, { name: "either", path: "/either", access: { allow: ["127.0.9.1"], basicAuth: { users }, satisfy: "any" } }),
        route(replicas, { name: "both", path: "/both", access: { allow: ["127.0.9.1"], basicAuth: { users } } }),
        route(replicas, { name: "host", path: "/host", access: { allowFrom: "host", allow: ["127.0.9.3"] } }),
      ],
    });
    const status = async (path: string, from: string, headers = {}) => (await ask(traefik, path, { from, headers })).status;
    const ada = basic("ada", "open sesame");
    assert.deepEqual(
      [await status("/listed", "127.0.9.5"), await status("/listed", "127.0.8.5"), await status("/listed", "127.0.9.66")],
      [200, 403, 403],
    );
    assert.deepEqual(
      [await status("/either", "127.0.9.1"), await status("/either", "127.0.9.2"), await status("/either", "127.0.9.2", ada)],
      [200, 401, 200],
    );
    assert.deepEqual(
      [await status("/both", "127.0.9.1"), await status("/both", "127.0.9.2", ada), await status("/both", "127.0.9.1", ada)],
      [401, 403, 200],
    );
    assert.deepEqual(
      [await status("/host", "127.0.0.1"), await status("/host", "127.0.9.3"), await status("/host", "127.0.9.4")],
      [200, 200, 403],
    );
    assert.equal(replicas[0]?.headers["authorization"], undefined, "the password is not the upstream's to know");
    assert.deepEqual(traefik.errors, []);
  });

  it("API keys and forward auth: a service judges, and its word alone reaches the upstream", async () => {
    const replicas = await balancer.replicas(1);
    const asked: string[] = [];
    const judge = createServer((request, response) => {
      asked.push(String(request.url));
      const good = request.headers["x-api-key"] === "ci.secret" || request.url === "/open";
      response.writeHead(good ? 204 : 401, good ? { "x-api-client": "ci", "x-user": "ada" } : {}).end();
    });
    judge.listen(0, "127.0.0.1");
    await once(judge, "listening");
    const address = `http://127.0.0.1:${(judge.address() as { port: number }).port}`;
    const keys = [{ id: "ci", hash: `${"A".repeat(21)}Q` }];
    const traefik = await balancer.start({
      keyService: `${address}/keys`,
      routes: [
        route(replicas, { name: "machine", path: "/machine", access: { apiKeys: keys } }),
        route(replicas, {
          name: "users",
          path: "/users",
          access: { forwardAuth: { address: `${address}/open`, responseHeaders: ["X-User"] } },
        }),
      ],
    });
    try {
      assert.equal((await ask(traefik, "/machine", { headers: { "x-api-key": "wrong" } })).status, 401);
      assert.deepEqual(
        replicas[0]?.seen.filter((line) => line.includes("machine")),
        [],
      );
      assert.equal((await ask(traefik, "/machine", { headers: { "x-api-key": "ci.secret", "x-api-client": "root" } })).status, 200);
      assert.equal(replicas[0]?.headers["x-api-client"], "ci");
      assert.equal(replicas[0]?.headers["x-api-key"], undefined);
      assert.ok(asked.every((path) => path === "/keys/machine"));
      assert.equal((await ask(traefik, "/users", { headers: { "x-user": "root" } })).status, 200);
      assert.equal(replicas[0]?.headers["x-user"], "ada");
      judge.closeAllConnections();
      judge.close();
      assert.ok(
        (await ask(traefik, "/machine", { headers: { "x-api-key": "ci.secret" } })).status >= 500,
        "nobody comes in while nobody judges",
      );
    } finally {
      judge.close();
    }
  });

  it("headers: sets and hides, also on what it refuses itself; a value is text, whatever is in it", async () => {
    const replicas = await balancer.replicas(1, (_request, response) =>
      response.writeHead(200, { server: "secret/1", "x-powered-by": "node", via: "x", "x-frame-options": "ALLOWALL" }).end(),
    );
    const odd = 'a "b" $host; } { {{ env "HOME" }} `c`';
    const traefik = await balancer.start({
      hosts: ["localhost"],
      tls: { hsts: { includeSubDomains: true } },
      headers: { set: { "X-Odd": odd }, hide: ["Server", "X-Powered-By", "Via"] },
      routes: [route(replicas, { name: "app", path: "/app" })],
    });
    for (const [path, status] of [
      ["/app", 200],
      ["/none", 404],
    ] as const) {
      const { headers, status: answered } = await ask(traefik, path);
      assert.equal(answered, status);
      assert.equal(headers["x-odd"], odd);
      assert.equal(headers["x-frame-options"], "DENY");
      assert.equal(headers["strict-transport-security"], "max-age=63072000; includeSubDomains");
      for (const name of ["server", "x-powered-by", "via"]) assert.equal(headers[name], undefined, name);
    }
  });

  it("compression: brotli, gzip, and neither for what is small or compressed already", async () => {
    const text = "compressible ".repeat(500);
    const replicas = await balancer.replicas(1, (request, response) => {
      const type = request.url === "/image" ? "image/png" : "application/json";
      response.writeHead(200, { "content-type": type }).end(request.url === "/small" ? "small" : text);
    });
    const traefik = await balancer.start({ routes: [route(replicas)] });
    const get = (path: string, encodings: string) => ask(traefik, path, { headers: { "accept-encoding": encodings } });
    const brotli = await get("/", "gzip, br");
    assert.equal(brotli.headers["content-encoding"], "br");
    assert.equal(brotliDecompressSync(brotli.body).toString(), text);
    const gzip = await get("/", "gzip");
    assert.equal(gunzipSync(gzip.body).toString(), text);
    assert.equal((await get("/small", "br")).headers["content-encoding"], undefined);
    assert.equal((await get("/image", "br")).headers["content-encoding"], undefined);
  });

  it("body size: refuses what is larger, whether or not its length is told", async () => {
    const replicas = await balancer.replicas(1);
    const traefik = await balancer.start({ routes: [route(replicas, { maxBodySize: "2k" })] });
    assert.equal((await ask(traefik, "/", { method: "POST", body: "x".repeat(2000) })).status, 200);
    assert.equal((await ask(traefik, "/", { method: "POST", body: "x".repeat(3000) })).status, 413);
    const chunked = { method: "POST", body: "x".repeat(3000), headers: { "transfer-encoding": "chunked" } };
    assert.equal((await ask(traefik, "/", chunked)).status, 413);
  });

  it("plain HTTP: sends everyone to HTTPS, a POST with its method", async () => {
    const replicas = await balancer.replicas(1);
    const traefik = await balancer.start({ hosts: ["localhost"], tls: true, routes: [route(replicas)] });
    const get = await ask(traefik, "/a?b=c", { scheme: "http" });
    assert.deepEqual([get.status, get.headers.location], [301, `https://localhost:${traefik.ports.https}/a?b=c`]);
    assert.equal((await ask(traefik, "/", { scheme: "http", method: "POST" })).status, 308);
    assert.equal((await ask(traefik, "/", { scheme: "http", host: "foreign.test" })).status, 404);
  });

  function handshake(traefik: Traefik, options: ConnectionOptions): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port: traefik.ports.https, ca: traefik.ca, servername: "localhost", ...options });
      socket.once("secureConnect", () => resolve(socket)).once("error", reject);
    });
  }

  it("TLS: only the guidelines' versions and suites, and no handshake for a name that is not ours", async () => {
    const replicas = await balancer.replicas(1);
    const traefik = await balancer.start({ hosts: ["localhost"], tls: true, routes: [route(replicas)] });
    const accepted = async (options: ConnectionOptions) => {
      try {
        const socket = await handshake(traefik, options);
        const { name, version } = { name: socket.getCipher().name, version: socket.getProtocol() };
        socket.destroy();
        return `${version} ${name}`;
      } catch {
        return "refused";
      }
    };
    assert.match(await accepted({}), /^TLSv1\.3 /);
    const only = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
    assert.equal(await accepted({ ...only, ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }), "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256");
    assert.equal(await accepted({ ...only, ciphers: "ECDHE-ECDSA-AES128-SHA" }), "refused");
    assert.equal(await accepted({ minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }), "refused");
    assert.equal(await accepted({ servername: "foreign.test" }), "refused");
    const modern = await balancer.start({ hosts: ["localhost"], tls: { profile: "modern" }, routes: [route(replicas)] });
    await assert.rejects(handshake(modern, only));
  });

  it("dashboard: on its own host, over HTTPS, with password and address; on no port of its own", async () => {
    const replicas = await balancer.replicas(1);
    const access = { allow: ["127.0.9.1"], basicAuth: { users: [htpasswd("ada", "open sesame")] } };
    const traefik = await balancer.start({
      hosts: ["localhost"],
      tls: true,
      dashboard: { host: "traefik.localhost", access },
      routes: [route(replicas)],
    });
    const get = (from: string, headers = {}, host = "traefik.localhost") => ask(traefik, "/api/http/services", { from, headers, host });
    const ada = basic("ada", "open sesame");
    assert.equal((await get("127.0.9.1")).status, 401);
    assert.equal((await get("127.0.9.2", ada)).status, 403);
    const shown = await get("127.0.9.1", ada);
    assert.equal(shown.status, 200);
    const services = JSON.parse(shown.text) as { name: string; serverStatus?: object }[];
    assert.deepEqual(services.find(({ name }) => name === "app@file")?.serverStatus, { [`http://127.0.1.1:${replicas[0]?.port}`]: "UP" });
    assert.equal((await get("127.0.9.1", ada, "localhost")).text, "127.0.1.1", "other hosts do not have it");
    for (const path of ["/api/http/services", "/dashboard/"]) {
      assert.equal((await fetch(`http://127.0.0.1:${traefik.ports.status}${path}`)).status, 404);
    }
    // Traefik's own forgiving ways with paths must not lead around the guards.
    for (const path of ["//api/http/services", "/x/../api/http/services", "/%61pi/http/services"]) {
      assert.ok([401, 400].includes((await ask(traefik, path, { from: "127.0.9.1", host: "traefik.localhost" })).status), path);
    }
  });

  it("metrics and health: on the status port, by route and service", async () => {
    const replicas = await balancer.replicas(1);
    const traefik = await balancer.start({ routes: [route(replicas)] });
    await ask(traefik, "/");
    assert.match(
      await traefik.metrics(),
      /traefik_router_requests_total\{code="200",method="GET",protocol="http",router="app@file",service="app@file"\}/,
    );
    assert.match(await traefik.metrics(), /traefik_service_request_duration_seconds_bucket\{.*service="app@file"/);
    assert.equal((await fetch(`http://127.0.0.1:${traefik.ports.status}/ping`)).status, 200);
  });

  it("slow clients: a request that does not arrive in time ends", async () => {
    const replicas = await balancer.replicas(1);
    const traefik = await balancer.start({ routes: [route(replicas)], requestSeconds: 1 });
    const socket = connect(traefik.ports.http, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    const started = Date.now();
    socket.resume();
    await once(socket, "close");
    assert.ok(Date.now() - started < 20_000);
    assert.ok(!replicas[0]?.seen.includes("GET /"));
  });

  it("access log: no query string, no client address when told so", async () => {
    const replicas = await balancer.replicas(1);
    const traefik = await balancer.start({ routes: [route(replicas)], accessLog: { clientAddress: false } });
    await ask(traefik, "/search?token=secret");
    const [logged] = await traefik.log();
    assert.ok(logged && !("ClientHost" in logged));
    assert.doesNotMatch(JSON.stringify(logged), /secret/);
  });
});
