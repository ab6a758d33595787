import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashApiKey, newApiKey, randomPasswordHash, type NginxOptions, type ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask, tally, type Answer } from "./ask";
import { withNginx } from "./fixture";
import { Nginx } from "./nginx";
import type { Replica } from "./replica";
import { SPOOFED } from "./spoofed";

/** Limits off: here one client asks as fast as it can. */
const UNLIMITED = { perClient: false } as const;

const PASSWORD = "0123456789abcdefghijklmnopqrstuv";

const statuses = (answers: readonly Answer[]) => tally(answers.map(({ status }) => String(status)));

describe("nginx: whom it trusts, and for what", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  async function start(
    routes: (to: ProxyRoute["to"]) => NginxOptions["routes"],
    options: Omit<Partial<NginxOptions>, "tls"> = {},
    prepare?: (folder: string) => void,
  ) {
    const [replica] = (await balancer.replicas(1)) as [Replica];
    const to = { host: replica.address, port: replica.port };
    return { nginx: await balancer.start({ limits: UNLIMITED, routes: routes(to), ...options }, prepare), replica };
  }

  it("nothing that a client says of itself reaches the replica", async () => {
    const { nginx, replica } = await start((to) => [{ name: "app", path: "/", to }]);
    assert.equal((await ask(nginx, "/", { headers: SPOOFED })).status, 200);
    const host = `localhost:${nginx.ports.http}`;
    const told: Record<string, string> = {
      "x-forwarded-for": "127.0.0.1",
      "x-real-ip": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": host,
    };
    for (const [name, value] of Object.entries(SPOOFED)) {
      assert.notEqual(replica.headers[name], value, name);
      assert.equal(replica.headers[name], told[name], name);
    }
  });

  it("behind a trusted proxy the scheme is the one that it was asked by; nobody else may say it", async () => {
    const trustedProxies = { ranges: ["127.0.5.0/24"] };
    const { nginx, replica } = await start((to) => [{ name: "app", path: "/", to }], { trustedProxies });
    const scheme = async (from: string, said: Record<string, string>) => {
      await ask(nginx, "/", { from, headers: said });
      return replica.headers["x-forwarded-proto"];
    };
    assert.equal(await scheme("127.0.5.1", { "x-forwarded-proto": "https" }), "https");
    assert.equal(await scheme("127.0.5.1", { "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7" }), "https");
    assert.equal(await scheme("127.0.5.1", {}), "http");
    assert.equal(await scheme("127.0.5.1", { "x-forwarded-proto": "gopher" }), "http");
    assert.equal(await scheme("127.0.6.1", { "x-forwarded-proto": "https" }), "http");
  });

  it("paths with detours are refused, into a guarded route and out of it", async () => {
    const access = { allow: ["192.0.2.1"] };
    const { nginx, replica } = await start((to) => [
      { name: "app", path: "/", to },
      { name: "admin", path: "/admin/", to, access },
    ]);
    const crooked = [
      ...["/x/../admin/", "/x/%2e%2e/admin/", "/x/..%2fadmin/", "/x/.%2E%2Fadmin/", "/./admin/", "/x/..\\admin/", "/x/..%5cadmin/"],
      ...["/admin/../x", "/admin/users/..%2f..%2fx", "/admin/%2e%2e/x", "/admin/..;/x", "/admin/.", "/admin/..", "/admin/..?a=b"],
    ];
    for (const path of crooked) assert.equal((await ask(nginx, path)).status, 400, path);
    assert.deepEqual(replica.seen, []);
    const straight = ["/.well-known/x", "/a..b/", "/x/...", "/a%2Fb", "/..x", "/x?a=/../b", "/x?..", "/a.b/.c/", "/%252e%252e/x"];
    for (const path of straight) assert.equal((await ask(nginx, path)).status, 200, path);
    assert.deepEqual(
      replica.seen,
      straight.map((path) => `GET ${path}`),
      "as the client wrote them",
    );
  });

  it("a client that came in by its address cannot say it had a key; one with a key is named, to the replica and in the log", async () => {
    const key = newApiKey("ci");
    const access = { allow: ["127.0.0.1"], apiKeys: [{ id: "ci", hash: hashApiKey(key) }], satisfy: "any" as const };
    const { nginx, replica } = await start((to) => [{ name: "app", path: "/", to, access }]);
    const asWhom = async (from: string, value: string) => {
      const { status } = await ask(nginx, "/", { from, headers: { "x-api-key": value } });
      return [status, status === 200 ? replica.headers["x-api-client"] : undefined];
    };
    assert.deepEqual(await asWhom("127.0.0.1", "root.x"), [200, undefined]);
    assert.deepEqual(await asWhom("127.0.0.1", `ci.${"x".repeat(22)}`), [200, undefined]);
    assert.deepEqual(await asWhom("127.0.9.9", key), [200, "ci"]);
    assert.deepEqual(await asWhom("127.0.9.9", `ci.${"x".repeat(22)}`), [401, undefined]);
    const log = await nginx.log();
    assert.deepEqual(
      log.map((line) => [line["route"], line["status"], line["api_key"]]),
      [
        ["app", 200, ""],
        ["app", 200, ""],
        ["app", 200, "ci"],
        ["app", 401, ""],
      ],
    );
  });

  it("guessing passwords is limited where nothing is said, so that hashing cannot keep a worker busy; `rateLimits: []` lifts it", async () => {
    const basicAuth = (folder: string) => writeFileSync(join(folder, "users"), `ada:${randomPasswordHash(PASSWORD)}\n`);
    const guarded = (more: Partial<ProxyRoute>, file: string) => (to: ProxyRoute["to"]) => [
      { name: "app", path: "/", to, access: { basicAuth: { file } }, ...more } as ProxyRoute,
    ];
    let folder = "";
    const prepare = (made: string) => basicAuth((folder = made));
    const { nginx, replica } = await start((to) => [{ name: "app", path: "/", to }], {}, prepare);
    const headers = { authorization: `Basic ${Buffer.from(`ada:${PASSWORD}`).toString("base64")}` };
    const to = { host: replica.address, port: replica.port };
    const with60 = async (more: Partial<ProxyRoute>) => {
      nginx.write({ limits: UNLIMITED, routes: guarded(more, join(folder, "users"))(to) });
      await nginx.reload();
      return statuses(await Promise.all(Array.from({ length: 60 }, () => ask(nginx, "/", { headers }))));
    };
    const limited = await with60({});
    assert.ok((limited["200"] ?? 0) >= 21 && (limited["200"] ?? 0) <= 40, JSON.stringify(limited));
    assert.equal((limited["200"] ?? 0) + (limited["429"] ?? 0), 60);
    assert.deepEqual(await with60({ rateLimits: [] }), { 200: 60 });
    assert.equal((await ask(nginx, "/", { headers: { authorization: "Basic YWRhOng=" } })).status, 401);
  });

  it("a route's connections are counted apart from those of others", async () => {
    const slow = { connectionLimit: { perClient: 2, total: 3 } };
    const { nginx, replica } = await start((to) => [
      { name: "app", path: "/", to },
      { name: "upload", path: "/upload", to, ...slow },
    ]);
    replica.handler = (request, response) => void setTimeout(() => response.end(request.url), request.url === "/quick" ? 0 : 1500);
    const others = Array.from({ length: 10 }, () => ask(nginx, "/app"));
    const one = Array.from({ length: 4 }, () => ask(nginx, "/upload"));
    assert.deepEqual(statuses(await Promise.all(one)), { 200: 2, 429: 2 });
    assert.deepEqual(statuses(await Promise.all(others)), { 200: 10 });
    const several = ["127.0.9.1", "127.0.9.2", "127.0.9.3", "127.0.9.4"].map((from) => ask(nginx, "/upload", { from }));
    assert.deepEqual(statuses(await Promise.all(several)), { 200: 3, 429: 1 });
  });

  it("a lower rate of each client has a lower burst", async () => {
    const { nginx } = await start((to) => [{ name: "app", path: "/", to }], { limits: { perClient: { rate: "5r/s" } } });
    const answers = statuses(await Promise.all(Array.from({ length: 60 }, () => ask(nginx, "/"))));
    assert.ok((answers["200"] ?? 0) >= 11 && (answers["200"] ?? 0) <= 30, JSON.stringify(answers));
  });

  it("ACME's challenges are passed on as bare questions, and limited", async () => {
    const [responder] = (await balancer.replicas(1)) as [Replica];
    const nginx = await balancer.start({
      limits: { perClient: { rate: "5r/s" } },
      tls: true,
      acme: { to: { host: responder.address, port: responder.port } },
      routes: [{ name: "app", path: "/", to: { host: responder.address, port: responder.port } }],
    });
    const path = "/.well-known/acme-challenge/token";
    const plain = { scheme: "http" as const, headers: { cookie: "a=b", authorization: "Bearer x" } };
    const { status, text } = await ask(nginx, path, plain);
    assert.deepEqual([status, text, responder.seen], [200, responder.address, [`GET ${path}`]]);
    assert.deepEqual(
      [responder.headers.cookie, responder.headers.authorization, responder.headers.host],
      [undefined, undefined, "localhost"],
    );
    assert.equal((await ask(nginx, path, { ...plain, method: "POST", body: "x" })).status, 403);
    const answers = statuses(await Promise.all(Array.from({ length: 60 }, () => ask(nginx, path, plain))));
    assert.ok((answers["429"] ?? 0) >= 30, JSON.stringify(answers));
  });

  it("two sticky routes each keep their replica", async () => {
    const replicas = await balancer.replicas(2);
    const to = { host: "app.test", port: replicas[0]?.port ?? 0 };
    const sticky = { strategy: "sticky-cookie" as const };
    const nginx = await balancer.start({
      limits: UNLIMITED,
      resolver: balancer.resolver,
      routes: [
        { name: "one", path: "/one", to, ...sticky },
        { name: "two", path: "/two", to, ...sticky, maxFails: 5 },
      ],
    });
    const cookies = new Map<string, string>();
    const visit = async (path: string) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const answer = await ask(nginx, path, { headers: cookie ? { cookie } : {} });
      for (const line of answer.headers["set-cookie"] ?? []) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      return String(answer.headers["x-replica"]);
    };
    const kept = { "/one": await visit("/one"), "/two": await visit("/two") };
    for (let turn = 0; turn < 10; turn += 1) {
      for (const path of ["/one", "/two"] as const) assert.equal(await visit(path), kept[path], `${path}, turn ${turn}`);
    }
    assert.deepEqual([...cookies.keys()].sort(), ["replica-one", "replica-two"]);
  });

  it("routes may be called what nginx's own memory is called", async () => {
    const to = { host: "127.0.0.1", port: 9 };
    const names = ["metrics", "images", "responses", "tls", "global", "per", "api", "api-0", "variants", "files"];
    const nginx = await Nginx.prepare({
      tls: true,
      limits: { global: { rate: "100r/s" } },
      routes: names.map((name) => ({
        name,
        path: `/${name}/`,
        to: name === "api" ? [to, { ...to, port: 10 }] : to,
        ...(name === "api" ? { strategy: "weighted" as const } : {}),
        ...(name === "images" ? { images: {} } : {}),
        ...(name === "responses" ? { cache: {} } : {}),
        ...(name === "per" ? { connectionLimit: { perClient: 1, total: 1 }, rateLimits: [{ rate: "1r/s" as const }] } : {}),
      })),
    });
    try {
      const { accepted, output } = nginx.test();
      assert.ok(accepted, output);
    } finally {
      await nginx.stop();
    }
  });

  it("neither log has a client's query string, also of what is refused", async () => {
    const { nginx } = await start((to) => [{ name: "app", path: "/", to }], { limits: { perClient: { rate: "1r/s" } } });
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(nginx, "/?token=s3cret")));
    assert.ok((statuses(answers)["429"] ?? 0) >= 5);
    assert.doesNotMatch(JSON.stringify(await nginx.log()), /s3cret/);
    assert.doesNotMatch(nginx.errors, /s3cret/);
  });
});
