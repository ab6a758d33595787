import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hashApiKey, newApiKey, type NginxOptions, type ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask, tally } from "./ask";
import { withNginx } from "./fixture";
import type { Nginx } from "./nginx";
import type { Replica } from "./replica";

describe("nginx: protection", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  async function start(
    more: Partial<ProxyRoute> = {},
    options: Omit<Partial<NginxOptions>, "tls"> = {},
    prepare?: (folder: string) => void,
  ) {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    const nginx = await balancer.start({ routes: [{ name: "app", path: "/", to, ...more }], ...options }, prepare);
    return { nginx, replica };
  }

  async function burst(nginx: Nginx, count: number, from?: string): Promise<Record<string, number>> {
    const answers = await Promise.all(Array.from({ length: count }, () => ask(nginx, "/", from ? { from } : {})));
    return tally(answers.map((answer) => String(answer.status)));
  }

  it("a client gets its burst and its rate, then 429 with Retry-After; another client is not concerned", async () => {
    const { nginx } = await start({}, { limits: { perClient: { rate: "10r/s", burst: 20 } } });
    const started = Date.now();
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(nginx, "/")));
    const first = tally(answers.map((answer) => String(answer.status)));
    // 1 + burst at once, and what the rate allows while the requests arrive.
    const most = 22 + Math.ceil((Date.now() - started) / 100);
    assert.ok((first[200] ?? 0) >= 21 && (first[200] ?? 0) <= most, `${JSON.stringify(first)}, at most ${most}`);
    assert.equal((first[200] ?? 0) + (first[429] ?? 0), 60);
    const refused = answers.filter((answer) => answer.status === 429);
    assert.deepEqual([...new Set(refused.map((answer) => answer.headers["retry-after"]))], ["1"]);
    assert.equal((await burst(nginx, 20, "127.0.9.9"))[200], 20);
    await sleep(2200);
    const good = await ask(nginx, "/");
    assert.deepEqual([good.status, good.headers["retry-after"]], [200, undefined]);
  });

  it("keeps to the stated rate over time", async () => {
    const { nginx } = await start({}, { limits: { perClient: { rate: "50r/s", burst: 5 } } });
    const seen: string[] = [];
    const started = Date.now();
    while (Date.now() - started < 4000) {
      seen.push(...(await Promise.all([1, 2, 3].map(() => ask(nginx, "/")))).map((answer) => String(answer.status)));
      await sleep(5);
    }
    const rate = (tally(seen)[200] ?? 0) / ((Date.now() - started) / 1000);
    assert.ok((tally(seen)[429] ?? 0) > 0, "nothing was refused");
    assert.ok(rate > 44 && rate < 54, `${rate} requests a second instead of 50`);
  });

  it("a route's own limit holds for it alone, and says when to come back", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    const nginx = await balancer.start({
      routes: [
        { name: "login", path: "/login", to, rateLimits: [{ rate: "5r/m", burst: 2 }] },
        { name: "app", path: "/", to },
      ],
    });
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(nginx, "/login", { method: "POST" })));
    assert.deepEqual(tally(answers.map((answer) => String(answer.status))), { 200: 3, 429: 3 });
    assert.equal(answers.find((answer) => answer.status === 429)?.headers["retry-after"], "12");
    assert.deepEqual(await burst(nginx, 20), { 200: 20 });
  });

  it("the global limit counts all clients together", async () => {
    const { nginx } = await start({}, { limits: { perClient: false, global: { rate: "1r/s", burst: 9 } } });
    const started = Date.now();
    const [one, other] = [await burst(nginx, 8, "127.0.9.1"), await burst(nginx, 8, "127.0.10.1")];
    const good = (one[200] ?? 0) + (other[200] ?? 0);
    assert.ok(good >= 10 && good <= 11 + Math.ceil((Date.now() - started) / 1000), `${good} passed`);
  });

  it("requests beyond delayAfter wait their turn instead of being refused", async () => {
    const { nginx } = await start({ rateLimits: [{ rate: "10r/s", burst: 10, delayAfter: 2 }] }, { limits: { perClient: false } });
    const started = Date.now();
    assert.deepEqual(await burst(nginx, 8), { 200: 8 });
    const took = Date.now() - started;
    assert.ok(took > 350 && took < 10_000, `${took} ms`);
  });

  it("connections of one client are limited", async () => {
    const { nginx, replica } = await start({ connectionLimit: { perClient: 3 } });
    replica.handler = (_request, response) => setTimeout(() => response.end(), 800);
    assert.deepEqual(await burst(nginx, 8), { 200: 3, 429: 5 });
    assert.deepEqual(await burst(nginx, 3), { 200: 3 });
  });

  it("connections of all clients are limited", async () => {
    const { nginx, replica } = await start({}, { limits: { connections: { total: 4 } } });
    replica.handler = (_request, response) => setTimeout(() => response.end(), 800);
    const both = await Promise.all([burst(nginx, 4, "127.0.9.1"), burst(nginx, 4, "127.0.10.1")]);
    assert.equal((both[0][200] ?? 0) + (both[1][200] ?? 0), 4);
  });

  it("bodies, headers and lines that are too large are refused before the replica sees them", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    const nginx = await balancer.start({
      routes: [
        { name: "small", path: "/", to },
        { name: "large", path: "/upload", to, maxBodySize: "3m" },
      ],
    });
    const two = Buffer.alloc(2 * 2 ** 20);
    assert.equal((await ask(nginx, "/", { method: "POST", body: two })).status, 413);
    assert.equal((await ask(nginx, "/", { headers: { "x-large": "x".repeat(9000) } })).status, 400);
    assert.equal((await ask(nginx, `/${"x".repeat(9000)}`)).status, 414);
    assert.deepEqual(replica.seen, []);
    assert.equal((await ask(nginx, "/upload", { method: "POST", body: two })).status, 200);
  });

  it("a client that dawdles over its header is let go", async () => {
    const { nginx } = await start({}, { timeouts: { header: 1, body: 1 } });
    const socket = connect(nginx.ports.http, "127.0.0.1");
    await once(socket, "connect");
    const started = Date.now();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    // It is reset rather than closed, so that it costs the balancer nothing more.
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
    socket.resume();
    const drip = setInterval(() => socket.write("X: y\r\n"), 200);
    await closed.finally(() => clearInterval(drip));
    assert.ok(Date.now() - started < 15_000, `${Date.now() - started} ms`);
  });

  it("addresses: only those allowed, never those denied", async () => {
    const { nginx } = await start({ access: { allow: ["127.0.5.0/24"], deny: ["127.0.5.66"] } });
    assert.equal((await ask(nginx, "/", { from: "127.0.5.1" })).status, 200);
    assert.equal((await ask(nginx, "/", { from: "127.0.5.66" })).status, 403);
    assert.equal((await ask(nginx, "/", { from: "127.0.6.1" })).status, 403);
    assert.equal((await ask(nginx, "/", { from: "127.0.6.1", headers: { "x-forwarded-for": "127.0.5.1" } })).status, 403);
  });

  it("allowFrom host: the addresses the entry point found, and nobody else", async () => {
    const { nginx } = await start({ access: { allowFrom: "host" } }, {}, (folder) =>
      writeFileSync(join(folder, "run", "host-access.conf"), "allow 127.0.7.1;\n"),
    );
    assert.equal((await ask(nginx, "/", { from: "127.0.7.1" })).status, 200);
    assert.equal((await ask(nginx, "/", { from: "127.0.7.2" })).status, 403);
  });

  it("basic auth: the right password, which the replica does not see", async () => {
    const hash = execFileSync("openssl", ["passwd", "-apr1", "open sesame"]).toString().trim();
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    const access = { basicAuth: { realm: 'Staff $only "x"', file: "/run/nginx/users" } };
    const nginx = await balancer.start({ routes: [{ name: "admin", path: "/", to, access }] }, (folder) =>
      writeFileSync(join(folder, "run", "users"), `ada:${hash}\n`),
    );
    const authorization = (password: string) => ({ authorization: `Basic ${Buffer.from(`ada:${password}`).toString("base64")}` });
    const asked = await ask(nginx, "/");
    assert.equal(asked.status, 401);
    assert.equal(asked.headers["www-authenticate"], 'Basic realm="Staff $only "x""');
    assert.equal((await ask(nginx, "/", { headers: authorization("wrong") })).status, 401);
    assert.equal((await ask(nginx, "/", { headers: authorization("open sesame") })).status, 200);
    assert.equal(replica.headers.authorization, undefined);
  });

  it("satisfy any: an address or a key is enough", async () => {
    const key = newApiKey("ci");
    const access = { allow: ["127.0.5.0/24"], apiKeys: [{ id: "ci", hash: hashApiKey(key) }], satisfy: "any" as const };
    const { nginx } = await start({ access });
    assert.equal((await ask(nginx, "/", { from: "127.0.5.1" })).status, 200);
    assert.equal((await ask(nginx, "/", { from: "127.0.6.1" })).status, 401);
    assert.equal((await ask(nginx, "/", { from: "127.0.6.1", headers: { "x-api-key": key } })).status, 200);
  });

  it("API keys: any of the known ones, known only by their hash; the replica learns whose it was", async () => {
    const [old, next] = [newApiKey("ci"), newApiKey("ci-2")];
    const { nginx, replica } = await start({
      access: { apiKeys: [old, next].map((key) => ({ id: key.split(".")[0] ?? "", hash: hashApiKey(key) })) },
    });
    const status = async (key?: string) => (await ask(nginx, "/", key === undefined ? {} : { headers: { "x-api-key": key } })).status;
    assert.equal(await status(), 401);
    assert.equal(await status(old), 200);
    assert.equal(replica.headers["x-api-client"], "ci");
    assert.equal(replica.headers["x-api-key"], undefined);
    assert.equal(await status(next), 200);
    const wrong = [
      newApiKey("ci"),
      newApiKey("nobody"),
      `ci-2.${old.split(".")[1]}`,
      `${old}x`,
      "ci.",
      hashApiKey(old),
      `ci.${hashApiKey(old)}`,
    ];
    for (const key of wrong) assert.equal(await status(key), 401, key);
    assert.equal((await ask(nginx, "/.api-key/app", { headers: { "x-api-key": old } })).status, 404);
  });

  it("guessing API keys is limited like anything else", async () => {
    const access = { apiKeys: [{ id: "ci", hash: hashApiKey(newApiKey("ci")) }] };
    const { nginx } = await start({ access, rateLimits: [{ rate: "1r/s", burst: 4 }] });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(nginx, "/", { headers: { "x-api-key": newApiKey("ci") } })));
    const seen = tally(answers.map((answer) => String(answer.status)));
    assert.ok((seen[401] ?? 0) <= 6 && (seen[429] ?? 0) >= 14, JSON.stringify(seen));
  });

  it("hosts that are not ours get no answer", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const nginx = await balancer.start({
      hosts: ["localhost"],
      routes: [{ name: "app", path: "/", to: { host: replica.address, port: replica.port } }],
    });
    assert.equal((await ask(nginx, "/")).status, 200);
    await assert.rejects(ask(nginx, "/", { host: "evil.test" }), /socket hang up|ECONNRESET/);
    // An absolute target chooses the site, so the Host header beside it cannot smuggle another name to the replica.
    await ask(nginx, `http://localhost:${nginx.ports.http}/x`, { headers: { host: "evil.test" } });
    assert.equal(replica.headers.host, `localhost:${nginx.ports.http}`);
  });

  it("a guarded path is guarded however it is written", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    const nginx = await balancer.start({
      routes: [
        { name: "app", path: "/", to },
        { name: "admin", path: "/admin/", to, access: { allow: ["192.0.2.1"] } },
      ],
    });
    for (const path of ["/admin/", "/%61dmin/", "//admin/", "/admin%2f"]) assert.equal((await ask(nginx, path)).status, 403, path);
    for (const path of ["/x/../admin/", "/x/%2e%2e/admin/x", "/./admin/", "/../../etc/passwd"]) {
      assert.equal((await ask(nginx, path)).status, 400, path);
    }
    assert.deepEqual(replica.seen, []);
  });

  it("security headers: the defaults, a route's own, on errors too, and never twice", async () => {
    const [replica] = (await balancer.replicas(1, (_request, response) => {
      response.setHeader("x-content-type-options", "upstream");
      response.setHeader("content-security-policy", "default-src upstream");
      response.setHeader("x-powered-by", "Express");
      response.setHeader("server", "secret/1.0");
      response.end();
    })) as [Replica];
    const to = { host: replica.address, port: replica.port };
    const nginx = await balancer.start({
      headers: { set: { "X-Everywhere": 'a "b" $remote_addr; }' } },
      routes: [
        { name: "app", path: "/", to },
        { name: "docs", path: "/docs", to, headers: { csp: "default-src 'none'", frameOptions: false, set: { "X-Docs": "1" } } },
        { name: "own", path: "/own", to, headers: { csp: "upstream" } },
        { name: "dead", path: "/dead", to: { host: "127.0.1.99", port: 9 } },
      ],
    });
    const { headers } = await ask(nginx, "/");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.match(String(headers["content-security-policy"]), /^default-src 'self';.*frame-ancestors 'none'/);
    assert.equal(headers["referrer-policy"], "strict-origin-when-cross-origin");
    assert.match(String(headers["permissions-policy"]), /camera=\(\)/);
    assert.equal(headers["x-frame-options"], "DENY");
    assert.equal(headers["cross-origin-opener-policy"], "same-origin");
    assert.equal(headers["strict-transport-security"], undefined);
    assert.equal(headers["x-powered-by"], undefined);
    assert.equal(headers["server"], "nginx");
    assert.equal(headers["x-everywhere"], 'a "b" $remote_addr; }');
    const docs = (await ask(nginx, "/docs")).headers;
    assert.equal(docs["content-security-policy"], "default-src 'none'");
    assert.equal(docs["x-frame-options"], undefined);
    assert.deepEqual([docs["x-docs"], docs["x-everywhere"]], ["1", 'a "b" $remote_addr; }']);
    assert.equal((await ask(nginx, "/own")).headers["content-security-policy"], "default-src upstream");
    const dead = await ask(nginx, "/dead");
    assert.deepEqual([dead.status, dead.headers["x-content-type-options"]], [502, "nosniff"]);
    assert.doesNotMatch(dead.text, /nginx\/\d/);
  });

  it("status: health, metrics Prometheus can read, and stub_status, on the port that is not published", async () => {
    const { nginx } = await start();
    const status = (path: string) => ask(nginx, path, { port: nginx.ports.status });
    assert.deepEqual([(await status("/healthz")).status, (await status("/healthz")).text], [200, "ok\n"]);
    const metrics = (await status("/metrics")).text;
    for (const name of ["active", "reading", "writing", "waiting"])
      assert.match(metrics, new RegExp(`^nginx_connections_${name} \\d+$`, "m"));
    assert.match((await status("/stub_status")).text, /server accepts handled requests/);
    assert.equal((await status("/other")).status, 404);
    assert.equal((await ask(nginx, "/stub_status")).text, "127.0.1.1");
  });
});
