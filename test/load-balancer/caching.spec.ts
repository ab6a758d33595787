import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { NginxOptions, ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask, tally } from "./ask";
import { withNginx } from "./fixture";
import type { Handler, Replica } from "./replica";

/** Milliseconds after which what is kept for a second has surely expired: nginx compares whole seconds. */
const EXPIRED = 2200;

/** Limits off: here one client asks as fast as it can. */
const UNLIMITED = { perClient: false } as const;

describe("nginx: caching", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  async function start(handler: Handler, more: Partial<ProxyRoute> = {}, options: Omit<Partial<NginxOptions>, "tls"> = {}) {
    const [replica] = (await balancer.replicas(1, handler)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    return { replica, nginx: await balancer.start({ limits: UNLIMITED, routes: [{ name: "app", path: "/", to, ...more }], ...options }) };
  }

  it("micro: however many ask, the replica is asked once; then one request renews what the others still get", async () => {
    let version = 1;
    const handler: Handler = (_request, response) => setTimeout(() => response.end(String(version)), 400);
    const { nginx, replica } = await start(handler, { cache: "micro" });
    const first = await Promise.all(Array.from({ length: 30 }, () => ask(nginx, "/")));
    assert.deepEqual(tally(first.map((answer) => answer.text)), { 1: 30 });
    assert.equal(replica.seen.length, 1);
    version = 2;
    await sleep(EXPIRED);
    const second = await Promise.all(Array.from({ length: 30 }, () => ask(nginx, "/")));
    assert.deepEqual(tally(second.map((answer) => answer.text)), { 1: 30 }, "nobody waits for the new version");
    assert.equal(replica.seen.length, 2);
    await sleep(600);
    assert.equal((await ask(nginx, "/")).text, "2");
  });

  it("without a lock every miss asks the replica", async () => {
    const handler: Handler = (_request, response) => setTimeout(() => response.end("slow"), 500);
    const { nginx, replica } = await start(handler, { cache: { lock: false } });
    await Promise.all(Array.from({ length: 10 }, () => ask(nginx, "/")));
    assert.equal(replica.seen.length, 10);
  });

  it("what is stale still answers while every replica is gone, and what was never stored does not", async () => {
    const { nginx, replica } = await start((_request, response) => response.end("good"), { cache: "micro" });
    assert.equal((await ask(nginx, "/")).text, "good");
    await replica.kill();
    await sleep(EXPIRED);
    for (let index = 0; index < 5; index += 1) {
      const answer = await ask(nginx, "/");
      assert.deepEqual([answer.status, answer.text], [200, "good"]);
    }
    assert.equal((await ask(nginx, "/other")).status, 502);
  });

  it("never gives one person's answer to another: by Authorization, API key and cookie", async () => {
    const handler: Handler = (request, response) =>
      response.end(String(request.headers.authorization ?? request.headers["x-api-key"] ?? request.headers.cookie ?? "stranger"));
    const { nginx } = await start(handler, { cache: { seconds: 60, bypassCookies: ["session", "csrf_token"] } });
    const known: Record<string, string>[] = [
      { authorization: "Basic a" },
      { "x-api-key": "a.b" },
      { cookie: "session=a" },
      { cookie: "x=1; csrf_token=b" },
    ];
    for (const headers of known) {
      const own = await ask(nginx, "/", { headers });
      assert.deepEqual([own.text, own.headers["x-cache"]], [Object.values(headers)[0], "BYPASS"]);
    }
    assert.deepEqual([(await ask(nginx, "/")).text, (await ask(nginx, "/")).headers["x-cache"]], ["stranger", "HIT"]);
    for (const headers of known) assert.equal((await ask(nginx, "/", { headers })).headers["x-cache"], "BYPASS");
  });

  it("Vary: each kind of client gets and keeps its own answer, compressed or not", async () => {
    const text = (language: string) => `${language} `.repeat(1000);
    const handler: Handler = (request, response) => {
      response.setHeader("vary", "Accept-Language");
      response.setHeader("content-type", "text/plain");
      response.end(text(String(request.headers["accept-language"])));
    };
    const { nginx, replica } = await start(handler, { cache: { seconds: 60 } });
    const inLanguage = (language: string, more: Record<string, string> = {}) =>
      ask(nginx, "/", { headers: { "accept-language": language, ...more } });
    for (const language of ["de", "fr", "de", "fr"]) assert.equal((await inLanguage(language)).text, text(language));
    assert.equal(replica.seen.length, 2);
    const packed = await inLanguage("de", { "accept-encoding": "gzip" });
    assert.deepEqual([packed.headers["content-encoding"], packed.headers["x-cache"]], ["gzip", "HIT"]);
    assert.match(String(packed.headers.vary), /accept-language/i);
    // The plain answer has to say so too: a cache in front would otherwise give it to all, or the compressed one.
    for (const answer of [packed, await inLanguage("de")]) assert.match(String(answer.headers.vary), /accept-encoding/i);
  });

  it("brotli alone says Vary too", async () => {
    const handler: Handler = (_request, response) => response.setHeader("content-type", "text/plain").end("a".repeat(5000));
    const { nginx } = await start(handler, {}, { compression: { gzip: false } });
    const answer = await ask(nginx, "/", { headers: { "accept-encoding": "br, gzip" } });
    assert.deepEqual([answer.headers["content-encoding"], answer.headers.vary], ["br", "Accept-Encoding"]);
  });

  it("stores nothing that says it is too large, and never much more than it may", async () => {
    const handler: Handler = (request, response) => response.end(Buffer.alloc(request.url === "/large" ? 65_537 : 65_536, "x"));
    const { nginx } = await start(handler, { cache: { seconds: 600 } }, { cacheZone: { keys: "100k", maxSize: "1m", maxEntry: "64k" } });
    const states = async (path: string) => [(await ask(nginx, path)).headers["x-cache"], (await ask(nginx, path)).headers["x-cache"]];
    assert.deepEqual(await states("/fits"), ["MISS", "HIT"]);
    assert.deepEqual(await states("/large"), ["MISS", "MISS"]);
    for (let index = 0; index < 60; index += 1) assert.equal((await ask(nginx, `/${index}`)).status, 200);
    const stored = () =>
      readdirSync(join(nginx.folder, "cache"), { recursive: true })
        .map((file) => statSync(join(nginx.folder, "cache", String(file))))
        .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
    const deadline = Date.now() + 25_000;
    while (stored() > 1024 * 1024 && Date.now() < deadline) await sleep(500);
    assert.ok(stored() <= 1024 * 1024, `${stored()} bytes are stored`);
    assert.deepEqual((await states("/59"))[1], "HIT");
  });

  it("Cache-Control: for ever where the name has a hash, less for other assets, and the balancer's where the route says nothing", async () => {
    const { nginx } = await start(
      (_request, response) => response.end(),
      { headers: { cacheControl: { hashed: "public, max-age=31536000, immutable" } } },
      { headers: { cacheControl: { assets: "public, max-age=300", others: "no-cache" } } },
    );
    const control = async (path: string) => (await ask(nginx, path)).headers["cache-control"];
    const hashed = [
      "/app.4f3a9c1b.js",
      "/a/main-0123456789abcdef.css",
      "/index-BkzS3x2a.js",
      "/index-B_zS-x2a.js.map",
      "/p.4f3a9c1b.jpg.avif",
    ];
    for (const path of hashed) assert.equal(await control(path), "public, max-age=31536000, immutable", path);
    for (const path of ["/app.js", "/my-component.js", "/app-deadbeef.js", "/app.min.js", "/font.woff2", "/date-20240101x.JPG"]) {
      assert.equal(await control(path), "public, max-age=300", path);
    }
    for (const path of ["/", "/index.html", "/js", "/4f3a9c1b.html"]) assert.equal(await control(path), "no-cache", path);
  });

  it("CDN: told of good answers that are nobody's own, and never against the app's word", async () => {
    const handler: Handler = (request, response) => {
      if (request.url === "/missing") response.statusCode = 404;
      if (request.url === "/private") response.setHeader("cache-control", "private");
      if (request.url === "/cookie") response.setHeader("set-cookie", "a=b");
      if (request.url === "/own") response.setHeader("cdn-cache-control", "max-age=7");
      response.end();
    };
    const cdn = { seconds: 60, staleWhileRevalidate: 30, staleIfError: 600 };
    const to = (replica: Replica) => ({ host: replica.address, port: replica.port });
    const [replica] = (await balancer.replicas(1, handler)) as [Replica];
    const nginx = await balancer.start({
      headers: { cdn, cacheControl: { others: "no-cache" } },
      routes: [
        { name: "app", path: "/", to: to(replica) },
        {
          name: "named",
          path: "/named",
          to: to(replica),
          headers: { cdn: { seconds: 90, header: "Surrogate-Control", bypassCookies: ["session"] } },
        },
        { name: "off", path: "/off", to: to(replica), headers: { cdn: false } },
        { name: "staff", path: "/staff", to: to(replica), access: { allow: ["127.0.0.0/8"] } },
      ],
    });
    const told = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await ask(nginx, path, { headers });
      return answer.headers["cdn-cache-control"] ?? answer.headers["surrogate-control"];
    };
    const value = "max-age=60, stale-while-revalidate=30, stale-if-error=600";
    assert.equal(await told("/"), value);
    assert.equal((await ask(nginx, "/")).headers["cache-control"], "no-cache");
    assert.equal((await ask(nginx, "/named")).headers["surrogate-control"], value.replace("60", "90"));
    assert.equal(await told("/own"), "max-age=7");
    for (const path of ["/missing", "/private", "/cookie", "/off", "/staff"]) assert.equal(await told(path), undefined, path);
    const known: Record<string, string>[] = [{ authorization: "Bearer a" }, { "x-api-key": "a" }, { cookie: "a=b" }];
    for (const headers of known) {
      assert.equal(await told("/", headers), undefined, JSON.stringify(headers));
    }
    assert.equal(await told("/named", { cookie: "theme=dark" }), value.replace("60", "90"));
    assert.equal(await told("/named", { cookie: "theme=dark; session=1" }), undefined);
  });
});
