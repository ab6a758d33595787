import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { NginxOptions, ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask, tally } from "./ask";
import { withNginx } from "./fixture";
import type { Nginx } from "./nginx";
import type { Handler, Replica } from "./replica";
import { family, scrape, scrapeText } from "./scrape";

/** Milliseconds after which every worker has surely shared what it counted. */
const SHARED = 1500;

const LIMITS: NginxOptions["limits"] = { perClient: false };

/** Sends text as it is and returns what comes back until the connection ends. */
async function raw(nginx: Nginx, text: string): Promise<string> {
  const socket = connect(nginx.ports.http, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  // A connection that is reset has ended too.
  socket.on("error", () => undefined);
  socket.write(text, "latin1");
  socket.setTimeout(3000, () => socket.destroy());
  await closed;
  return answer;
}

describe("nginx: metrics", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  function routeTo(replica: Replica, more: Partial<ProxyRoute> = {}): ProxyRoute {
    return { name: "app", path: "/", to: { host: replica.address, port: replica.port }, ...more };
  }

  async function start(handler: Handler, more: Partial<ProxyRoute> = {}, options: Omit<Partial<NginxOptions>, "tls"> = {}) {
    const [replica] = (await balancer.replicas(1, handler)) as [Replica];
    return { replica, nginx: await balancer.start({ routes: [routeTo(replica, more)], limits: LIMITS, ...options }) };
  }

  async function send(nginx: Nginx, count: number, path = "/", headers: Record<string, string> = {}): Promise<Record<string, number>> {
    const statuses: string[] = [];
    for (let index = 0; index < count; index += 1) statuses.push(String((await ask(nginx, path, { headers })).status));
    return tally(statuses);
  }

  const byPath: Handler = (request, response) => {
    response.statusCode = Number(request.url?.slice(1)) || 200;
    response.end("x".repeat(1000));
  };

  it("requests, statuses, times and bytes by route are what was sent", async () => {
    const [replica] = (await balancer.replicas(1, byPath)) as [Replica];
    const routes: NginxOptions["routes"] = [
      routeTo(replica, { path: "/5" }),
      { ...routeTo(replica), name: "other", path: "/40" },
      { name: "fixed", path: "/fixed", respond: { status: 204 } },
    ];
    const nginx = await balancer.start({ routes, limits: LIMITS });
    await send(nginx, 5, "/500");
    await send(nginx, 3, "/503");
    await send(nginx, 4, "/404");
    await send(nginx, 2, "/fixed");
    await send(nginx, 6, "/nothing-there");
    const samples = await scrape(nginx);
    assert.deepEqual(family(samples, "nginx_http_requests_total"), {
      'route="app",status="500"': 5,
      'route="app",status="503"': 3,
      'route="other",status="404"': 4,
      'route="fixed",status="204"': 2,
      'route="-",status="404"': 6,
    });
    assert.deepEqual(family(samples, "nginx_http_request_duration_seconds_count"), {
      'route="app"': 8,
      'route="other"': 4,
      'route="fixed"': 2,
      'route="-"': 6,
    });
    assert.deepEqual(family(samples, "nginx_http_upstream_duration_seconds_count"), { 'route="app"': 8, 'route="other"': 4 });
    const sent = family(samples, "nginx_http_response_bytes_total")['route="app"'] ?? 0;
    assert.ok(sent > 8 * 1000 && sent < 8 * 3000, `${sent} bytes sent`);
    const received = family(samples, "nginx_http_request_bytes_total")['route="app"'] ?? 0;
    assert.ok(received > 8 * 40 && received < 8 * 400, `${received} bytes received`);
    // What was never seen is there as 0, so that a rate() sees the first of it.
    assert.equal(samples.get('nginx_http_requests_total{route="other",status="502"}'), 0);
  });

  it("its own status port is not counted", async () => {
    const { nginx } = await start(byPath);
    await scrape(nginx);
    assert.deepEqual(family(await scrape(nginx), "nginx_http_requests_total"), {});
  });

  it("histograms: buckets are cumulative and a slow answer stands in the right ones", async () => {
    const { nginx } = await start((request, response) => setTimeout(() => response.end(), request.url === "/slow" ? 700 : 0));
    await send(nginx, 9);
    await send(nginx, 1, "/slow");
    const samples = await scrape(nginx);
    for (const name of ["nginx_http_request_duration_seconds", "nginx_http_upstream_duration_seconds"]) {
      const buckets = [...samples].filter(([sample]) => sample.startsWith(`${name}_bucket`));
      const bounds = buckets.map(([sample]) => /le="(.*)"/.exec(sample)?.[1]);
      assert.deepEqual(bounds, ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]);
      const values = buckets.map(([, value]) => value);
      assert.deepEqual(
        values,
        [...values].sort((a, b) => a - b),
      );
      assert.equal(values.at(-1), 10);
      assert.equal(samples.get(`${name}_count{route="app"}`), 10);
      assert.ok((values[6] ?? 10) <= 9, "0.7 s counted as at most 0.5 s");
      const sum = samples.get(`${name}_sum{route="app"}`) ?? 0;
      assert.ok(sum >= 0.69 && sum < 10, `${sum} s in all`);
    }
  });

  it("replicas: answers by class, failed attempts and retries of one that dies", async () => {
    const replicas = await balancer.replicas(2);
    const [dying, living] = replicas as [Replica, Replica];
    const to = { host: "app.test", port: living.port };
    const nginx = await balancer.start({ routes: [routeTo(living, { to, maxFails: 0 })], resolver: balancer.resolver, limits: LIMITS });
    await sleep(2500);
    dying.handler = (request) => request.socket.destroy();
    assert.deepEqual(await send(nginx, 20), { 200: 20 });
    const failed = dying.seen.length;
    assert.ok(failed >= 5, "the dying replica was hardly asked");
    const samples = await scrape(nginx);
    const label = (replica: Replica) => `route="app",upstream="${replica.address}:${replica.port}"`;
    assert.deepEqual(family(samples, "nginx_upstream_attempts_total"), {
      [`${label(dying)},code="5xx"`]: failed,
      [`${label(living)},code="2xx"`]: 20,
    });
    assert.deepEqual(family(samples, "nginx_upstream_failed_attempts_total"), { [label(dying)]: failed });
    assert.equal(samples.get(`nginx_upstream_failed_attempts_total{${label(living)}}`), 0);
    assert.deepEqual(family(samples, "nginx_upstream_retries_total"), { 'route="app"': failed });
    assert.deepEqual(family(samples, "nginx_http_requests_total"), { 'route="app",status="200"': 20 });
  });

  it("a route without a replica is told apart from one whose replicas fail", async () => {
    const { nginx } = await start(byPath, { to: { host: "nobody.test", port: 80 } }, { resolver: balancer.resolver });
    assert.deepEqual(await send(nginx, 3), { 502: 3 });
    const samples = await scrape(nginx);
    assert.deepEqual(family(samples, "nginx_upstream_unavailable_total"), { 'route="app"': 3 });
    assert.deepEqual(family(samples, "nginx_upstream_attempts_total"), {});
  });

  it("the cache: misses, hits, bypasses and stale answers", async () => {
    const { nginx } = await start(byPath, { cache: { seconds: 2 } });
    await send(nginx, 5, "/a");
    await send(nginx, 2, "/a", { cookie: "session=1" });
    await sleep(3200);
    await send(nginx, 1, "/a");
    assert.deepEqual(family(await scrape(nginx), "nginx_cache_requests_total"), {
      'route="app",result="miss"': 1,
      'route="app",result="hit"': 4,
      'route="app",result="bypass"': 2,
      'route="app",result="stale"': 1,
    });
  });

  it("limits: what they rejected and what they delayed", async () => {
    const { replica, nginx } = await start((_request, response) => setTimeout(() => response.end(), 300), {
      rateLimits: [{ rate: "1r/m", burst: 2 }],
    });
    assert.deepEqual(await send(nginx, 10), { 200: 3, 429: 7 });
    assert.deepEqual(family(await scrape(nginx), "nginx_http_limited_requests_total"), { 'route="app",limit="rate",result="rejected"': 7 });
    const slow = await balancer.start({
      routes: [
        routeTo(replica, { connectionLimit: { perClient: 1 } }),
        { ...routeTo(replica), name: "paced", path: "/paced", rateLimits: [{ rate: "20r/s", burst: 5, delayAfter: 0 }] },
      ],
      limits: LIMITS,
    });
    const together = await Promise.all(Array.from({ length: 5 }, () => ask(slow, "/")));
    const refused = together.filter(({ status }) => status === 429).length;
    assert.ok(refused > 0, "no connection was refused");
    await Promise.all([ask(slow, "/paced"), ask(slow, "/paced")]);
    assert.deepEqual(family(await scrape(slow), "nginx_http_limited_requests_total"), {
      'route="app",limit="connections",result="rejected"': refused,
      'route="paced",limit="rate",result="delayed"': 1,
    });
  });

  it("a client cannot make series: hostile paths, hosts, methods and headers", async () => {
    const { nginx } = await start(byPath, {}, { hosts: ["localhost"] });
    const hostile = ['"} evil 1', "a\\b\nc", "${route}", "<script>", "é|200|", "x".repeat(500)];
    for (const [index, text] of hostile.entries()) {
      await ask(nginx, `/${encodeURIComponent(text)}?${encodeURIComponent(text)}`, { headers: { "user-agent": encodeURIComponent(text) } });
      await ask(nginx, "/", { method: ["GET", "PUT", "DELETE", "PURGE", "OPTIONS", "PATCH"][index] ?? "GET" });
      await ask(nginx, "/", { host: `h${index}.example.org` }).catch(() => undefined);
      await raw(nginx, `GET /${text} HTTP/1.1\r\nHost: ${text}\r\n\r\n`);
      await raw(nginx, `${text} / HTTP/9.9\r\n\r\n`);
      await raw(nginx, `GET / HTTP/1.${index + 2}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    }
    const samples = await scrape(nginx);
    const labels = (name: string) =>
      [...new Set([...samples.keys()].map((sample) => new RegExp(`${name}="([^"]*)"`).exec(sample)?.[1] ?? ""))].sort();
    assert.deepEqual(labels("route"), ["", "-", "app"]);
    assert.deepEqual(
      labels("status").filter((status) => !/^([1-5]\d\d|)$/.test(status)),
      [],
    );
    assert.equal(labels("upstream").length, 2);
    assert.ok(samples.size < 120, `${samples.size} series`);
    // Something was counted, or nothing would be shown.
    assert.ok((samples.get('nginx_http_requests_total{route="app",status="200"}') ?? 0) >= 10);
    assert.ok((samples.get('nginx_http_requests_total{route="-",status="400"}') ?? 0) >= 5);
  });

  it("a replica cannot either: odd statuses are one series", async () => {
    const { nginx } = await start((request, response) => {
      response.statusCode = Number(request.url?.slice(1));
      response.end();
    });
    for (const status of [600, 700, 799, 999]) await send(nginx, 1, `/${status}`);
    assert.deepEqual(family(await scrape(nginx), "nginx_http_requests_total"), { 'route="app",status="other"': 4 });
  });

  it("values go on over a reload, whichever worker counted; a removed route's go", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const test = { processes: { workers: 2 }, limits: LIMITS };
    const old = { ...routeTo(replica), name: "old", path: "/old" };
    const nginx = await balancer.start({ ...test, routes: [routeTo(replica), old] });
    await send(nginx, 20);
    await send(nginx, 5, "/old");
    nginx.write({ ...test, routes: [routeTo(replica)] });
    await nginx.reload();
    await send(nginx, 10);
    await sleep(SHARED);
    assert.deepEqual(family(await scrape(nginx), "nginx_http_requests_total"), { 'route="app",status="200"': 30 });
    nginx.write({ ...test, routes: [routeTo(replica)] });
    await nginx.reload();
    await send(nginx, 3);
    await sleep(SHARED);
    const samples = await scrape(nginx);
    assert.deepEqual(family(samples, "nginx_http_requests_total"), { 'route="app",status="200"': 33 });
    assert.equal(samples.get('nginx_http_request_duration_seconds_count{route="app"}'), 33);
    assert.equal(samples.get("nginx_metrics_lost_total"), 0);
    assert.ok(![...samples.keys()].some((sample) => sample.includes('route="old"')));
  });

  it("a request that outlives a reload is counted when it ends", async () => {
    const { nginx } = await start((_request, response) => setTimeout(() => response.end(), 2500));
    const answer = ask(nginx, "/");
    await sleep(300);
    await nginx.reload();
    assert.equal((await answer).status, 200);
    await sleep(500);
    assert.deepEqual(family(await scrape(nginx), "nginx_http_requests_total"), { 'route="app",status="200"': 1 });
  });

  it("without memory for more series, those that are there stay and go on, and what is lost is told", async () => {
    const [replica] = (await balancer.replicas(1, byPath)) as [Replica];
    const names = Array.from({ length: 12 }, (_, index) => `crowd-${index}`);
    const crowd = names.map((name) => ({ ...routeTo(replica), name, path: `/${name}/`, stripPath: true }));
    const test = { routes: [routeTo(replica), ...crowd], limits: LIMITS, metrics: { zoneSize: "40k" } } as const;
    const nginx = await balancer.start({ ...test, routes: [...test.routes] });
    const own = 'nginx_http_requests_total{route="app",status="200"}';
    await send(nginx, 5);
    const before = await scrape(nginx);
    for (const name of names) for (const status of [200, 301, 400, 404, 418]) await send(nginx, 1, `/${name}/${status}`);
    await send(nginx, 5);
    const samples = await scrape(nginx);
    assert.equal(before.get(own), 5);
    assert.equal(samples.get(own), 10);
    for (const name of before.keys()) assert.ok(samples.has(name), `${name} was dropped`);
    assert.ok((samples.get("nginx_metrics_lost_total") ?? 0) > 0, "nothing says that series are missing");
  });

  it("TLS by version, and what is sent from HTTP to HTTPS", async () => {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const nginx = await balancer.start({ routes: [routeTo(replica)], tls: true, limits: LIMITS });
    assert.deepEqual(await send(nginx, 3), { 200: 3 });
    assert.equal((await ask(nginx, "/", { scheme: "http" })).status, 308);
    const samples = await scrape(nginx);
    assert.deepEqual(family(samples, "nginx_tls_requests_total"), { 'protocol="TLSv1.3"': 3 });
    assert.deepEqual(family(samples, "nginx_http_requests_total"), {
      'route="app",status="200"': 3,
      'route="redirect",status="308"': 1,
    });
  });

  it("a WebSocket counts when it ends, and how long it lasted is no answer's time", async () => {
    const { nginx, replica } = await start(byPath, { websocket: true });
    replica.server.on("upgrade", (_request, socket) => {
      socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    });
    const upgrade = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    assert.match(await raw(nginx, upgrade), /^HTTP\/1\.1 101 /);
    const samples = await scrape(nginx);
    assert.deepEqual(family(samples, "nginx_http_requests_total"), { 'route="app",status="101"': 1 });
    assert.equal(samples.get('nginx_http_request_duration_seconds_count{route="app"}'), 0);
  });

  it("without counting there are the connection gauges", async () => {
    const { nginx } = await start(byPath, {}, { metrics: false });
    await send(nginx, 2);
    const samples = await scrape(nginx);
    assert.deepEqual([...samples.keys()].sort(), [
      "nginx_connections_active",
      "nginx_connections_reading",
      "nginx_connections_waiting",
      "nginx_connections_writing",
    ]);
    assert.ok((samples.get("nginx_connections_active") ?? 0) >= 1);
  });

  it("is what promtool takes for good metrics", async function () {
    const promtool = process.env["PROMTOOL"] ?? "promtool";
    if (spawnSync(promtool, ["--version"]).status !== 0) {
      console.log("      skipped: no promtool here (name one in PROMTOOL; `npm test load-balancer` looks for one)");
      this.skip();
    }
    const { nginx } = await start(byPath, { cache: {}, rateLimits: [{ rate: "1r/m", burst: 2 }] });
    await send(nginx, 4);
    const checked = spawnSync(promtool, ["check", "metrics"], { input: await scrapeText(nginx), encoding: "utf8" });
    assert.deepEqual([checked.status, checked.stdout + checked.stderr], [0, ""]);
  });
});
