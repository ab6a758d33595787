import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { NginxOptions, ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask } from "./ask";
import { withNginx } from "./fixture";
import type { Handler, Replica } from "./replica";

/** Text that compresses as a page does. */
const PAGE = Array.from({ length: 400 }, (_, index) => `<p class="row">Row ${index} of ${(index * 7919) % 1009}</p>`).join("\n");

/** Milliseconds after which what is kept for 2 s has surely expired: nginx compares whole seconds. */
const EXPIRED = 3200;

describe("nginx: speed", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  async function start(handler: Handler, more: Partial<ProxyRoute> = {}, options: Omit<Partial<NginxOptions>, "tls"> = {}) {
    const [replica] = (await balancer.replicas(1, handler)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    return { replica, nginx: await balancer.start({ routes: [{ name: "app", path: "/", to, ...more }], ...options }) };
  }

  const page: Handler = (_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(PAGE);
  };

  it("compresses: brotli smaller than gzip, gzip smaller than nothing, all the same page", async () => {
    const { nginx } = await start(page);
    const [plain, gzip, brotli] = await Promise.all(
      [undefined, "gzip", "gzip, br"].map((accept) => ask(nginx, "/", accept ? { headers: { "accept-encoding": accept } } : {})),
    );
    assert.ok(plain && gzip && brotli);
    assert.deepEqual(
      [plain, gzip, brotli].map((answer) => answer.headers["content-encoding"]),
      [undefined, "gzip", "br"],
    );
    assert.equal(plain.text, PAGE);
    assert.equal(gunzipSync(gzip.body).toString(), PAGE);
    assert.equal(brotliDecompressSync(brotli.body).toString(), PAGE);
    assert.ok(
      brotli.body.length < gzip.body.length && gzip.body.length < plain.body.length / 3,
      `${brotli.body.length} ${gzip.body.length}`,
    );
    assert.match(String(gzip.headers.vary), /accept-encoding/i);
  });

  it("compresses only what is worth it, and not at all when told so", async () => {
    const { nginx, replica } = await start(page, {}, { compression: { brotli: false, minLength: 100_000 } });
    const accept = { headers: { "accept-encoding": "gzip, br" } };
    assert.equal((await ask(nginx, "/", accept)).headers["content-encoding"], undefined);
    const off = await balancer.start({
      routes: [{ name: "app", path: "/", to: { host: replica.address, port: replica.port } }],
      compression: { gzip: false, brotli: false },
    });
    assert.equal((await ask(off, "/", accept)).headers["content-encoding"], undefined);
    const types = await balancer.start({
      routes: [{ name: "app", path: "/", to: { host: replica.address, port: replica.port } }],
      compression: { types: ["application/x-own"], brotli: { level: 11 }, gzip: { level: 9 } },
    });
    replica.handler = (_request, response) => {
      response.setHeader("content-type", "application/x-own");
      response.end(PAGE);
    };
    assert.equal((await ask(types, "/", accept)).headers["content-encoding"], "br");
    assert.equal((await ask(nginx, "/", accept)).headers["content-encoding"], undefined);
  });

  it("cache: hits, expires, is new with another version, and is not for those who are known", async () => {
    let count = 0;
    const handler: Handler = (request, response) => {
      count += 1;
      if (request.url === "/private") response.setHeader("cache-control", "private");
      if (request.url === "/cookie") response.setHeader("set-cookie", "a=b");
      response.end(String(count));
    };
    const { nginx, replica } = await start(handler, { cache: { seconds: 2 } });
    const state = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await ask(nginx, path, { headers });
      return `${String(answer.headers["x-cache"])} ${answer.text}`;
    };
    assert.deepEqual([await state("/a"), await state("/a"), await state("/a?b")], ["MISS 1", "HIT 1", "MISS 2"]);
    assert.deepEqual(
      [await state("/a", { authorization: "Bearer x" }), await state("/a", { cookie: "session=1" })],
      ["BYPASS 3", "BYPASS 4"],
    );
    assert.equal(await state("/a"), "HIT 1");
    for (const path of ["/private", "/cookie"]) {
      assert.match(await state(path), /^MISS/);
      assert.match(await state(path), /^MISS/, path);
    }
    await sleep(EXPIRED);
    assert.match(await state("/a"), /^STALE 1$/);
    let renewed = "";
    for (let tries = 0; tries < 50 && !/^HIT [5-9]$/.test(renewed); tries += 1) {
      await sleep(100);
      renewed = await state("/a");
    }
    assert.match(renewed, /^HIT [5-9]$/);
    const next = await balancer.start({
      routes: [
        { name: "app", path: "/", to: { host: replica.address, port: replica.port }, cache: { version: "2", bypassCookies: ["session"] } },
      ],
    });
    assert.equal((await ask(next, "/a", { headers: { cookie: "theme=dark" } })).headers["x-cache"], "MISS");
    assert.equal((await ask(next, "/a", { headers: { cookie: "theme=dark" } })).headers["x-cache"], "HIT");
    assert.equal((await ask(next, "/a", { headers: { cookie: "session=1" } })).headers["x-cache"], "BYPASS");
  });

  it("cache: what is stale still answers while the replica fails", async () => {
    const { nginx, replica } = await start((_request, response) => response.end("good"), { cache: { seconds: 2 } });
    assert.equal((await ask(nginx, "/")).text, "good");
    replica.handler = (_request, response) => {
      response.statusCode = 500;
      response.end("bad");
    };
    await sleep(EXPIRED);
    for (let index = 0; index < 5; index += 1)
      assert.deepEqual([(await ask(nginx, "/")).status, (await ask(nginx, "/")).text], [200, "good"]);
    const strict = await start((_request, response) => response.end("x"), { cache: { seconds: 2, staleWhileRevalidate: false } });
    await ask(strict.nginx, "/");
    strict.replica.handler = replica.handler;
    await sleep(EXPIRED);
    assert.equal((await ask(strict.nginx, "/")).status, 500);
  });

  it("cache: one request fills an entry while the others wait", async () => {
    const { nginx, replica } = await start((_request, response) => setTimeout(() => response.end("slow"), 500), { cache: {} });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(nginx, "/")));
    assert.ok(answers.every((answer) => answer.text === "slow"));
    assert.equal(replica.seen.length, 1);
  });

  it("Cache-Control: for assets and for the rest, good answers only, and never against the app's own", async () => {
    const handler: Handler = (request, response) => {
      if (request.url === "/missing.js") response.statusCode = 404;
      if (request.url === "/own.js") response.setHeader("cache-control", "no-store");
      response.end();
    };
    const { nginx } = await start(handler, {
      headers: { cacheControl: { assets: "public, max-age=31536000, immutable", others: "no-cache" } },
    });
    const control = async (path: string) => (await ask(nginx, path)).headers["cache-control"];
    assert.equal(await control("/app.4f3a.js"), "public, max-age=31536000, immutable");
    assert.equal(await control("/page"), "no-cache");
    assert.equal(await control("/missing.js"), undefined);
    assert.equal(await control("/own.js"), "no-store");
  });

  it("buffering: off passes each piece on as it comes", async () => {
    const handler: Handler = (_request, response) => {
      response.write("first");
      setTimeout(() => response.end("second"), 5000);
    };
    const { nginx } = await start(handler, { buffering: { response: false, request: false } });
    const { get } = await import("node:http");
    const started = Date.now();
    const first = await new Promise<number>((resolve, reject) => {
      get({ port: nginx.ports.http, host: "127.0.0.1", agent: false }, (response) =>
        response.once("data", () => resolve(Date.now() - started)),
      ).on("error", reject);
    });
    assert.ok(first < 4000, `${first} ms`);
  });

  it("log: one JSON object a request, without query string unless told so, whatever the client sends", async () => {
    const { nginx } = await start((_request, response) => response.end());
    await ask(nginx, "/a%22%0Ab?token=secret", { headers: { "user-agent": 'x"\\y' } });
    const [line] = await nginx.log();
    assert.deepEqual([line?.["path"], line?.["user_agent"], line?.["status"], line?.["method"]], ['/a"\nb', 'x"\\y', 200, "GET"]);
    assert.equal(JSON.stringify(line).includes("secret"), false);
    assert.equal(line?.["client"], "127.0.0.1");
    const more = await start((_request, response) => response.end(), {}, { accessLog: { query: true, clientAddress: false } });
    await ask(more.nginx, "/?a=b");
    const [other] = await more.nginx.log();
    assert.deepEqual([other?.["query"], other?.["client"]], ["a=b", undefined]);
    const none = await start((_request, response) => response.end(), {}, { accessLog: false });
    await ask(none.nginx, "/");
    assert.deepEqual(await none.nginx.log(), []);
  });
});
