import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProxyRoute } from "@testbro/components/load-balancer/nginx";
import WebSocket, { WebSocketServer } from "ws";
import { ask, tally } from "./ask";
import { withNginx } from "./fixture";
import type { Replica } from "./replica";

/** Limits off: here one client asks as fast as it can. */
const UNLIMITED = { perClient: false } as const;

describe("nginx: routing", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  function route(replicas: Replica[], more: Partial<ProxyRoute> = {}): ProxyRoute {
    return { name: "app", path: "/", to: { host: "app.test", port: replicas[0]?.port ?? 0 }, ...more };
  }

  async function times(count: number, one: () => Promise<{ headers: Record<string, unknown> }>): Promise<string[]> {
    const seen: string[] = [];
    for (let index = 0; index < count; index += 1) seen.push(String((await one()).headers["x-replica"]));
    return seen;
  }

  it("starts before its upstream has a name, and serves it once it has", async () => {
    const replicas = await balancer.replicas(1);
    balancer.names.set("app.test");
    const nginx = await balancer.start({ routes: [route(replicas)], resolver: balancer.resolver });
    assert.equal((await ask(nginx, "/")).status, 502);
    balancer.names.set("app.test", "127.0.1.1");
    await sleep(3500);
    assert.equal((await ask(nginx, "/")).status, 200);
  });

  it("uses every replica in turn, takes a new one up and forgets one that left, with no request failed", async () => {
    const replicas = await balancer.replicas(3);
    balancer.names.set("app.test", "127.0.1.1", "127.0.1.2");
    const nginx = await balancer.start({ routes: [route(replicas)], resolver: balancer.resolver, limits: UNLIMITED });
    await sleep(2500);
    const before = tally(await times(20, () => ask(nginx, "/")));
    assert.deepEqual(before, { "127.0.1.1": 10, "127.0.1.2": 10 });
    balancer.names.set("app.test", "127.0.1.2", "127.0.1.3");
    await sleep(3500);
    await replicas[0]?.kill();
    const after = tally(await times(20, () => ask(nginx, "/")));
    assert.deepEqual(after, { "127.0.1.2": 10, "127.0.1.3": 10 });
  });

  it("keeps the replicas it knows while the name server is silent", async () => {
    const replicas = await balancer.replicas(2);
    const nginx = await balancer.start({ routes: [route(replicas)], resolver: balancer.resolver, limits: UNLIMITED });
    await sleep(2500);
    balancer.names.silent = true;
    await sleep(5000);
    assert.deepEqual(tally(await times(10, () => ask(nginx, "/"))), { "127.0.1.1": 5, "127.0.1.2": 5 });
  });

  it("least-connections: sends nothing more to a replica that hangs while another is free", async () => {
    const replicas = await balancer.replicas(2);
    const nginx = await balancer.start({
      routes: [route(replicas, { strategy: "least-connections" })],
      resolver: balancer.resolver,
      limits: UNLIMITED,
    });
    await sleep(2500);
    const [hung, free] = replicas as [Replica, Replica];
    hung.handler = () => undefined;
    // The first requests find the hung one; they stay open, and that is what keeps later ones away.
    const stuck = [1, 2, 3].map(() => ask(nginx, "/", { timeout: 60_000 }).catch(() => undefined));
    await sleep(300);
    hung.seen.splice(0);
    const seen = tally(await times(20, () => ask(nginx, "/")));
    assert.deepEqual(seen, { [free.address]: 20 });
    assert.deepEqual(hung.seen, []);
    await hung.kill();
    await Promise.all(stuck);
  });

  it("ip-hash: the same /24 always gets the same replica, and several networks use several", async () => {
    const replicas = await balancer.replicas(3);
    const nginx = await balancer.start({
      routes: [route(replicas, { strategy: "ip-hash" })],
      resolver: balancer.resolver,
      limits: UNLIMITED,
    });
    await sleep(2500);
    const used = new Set<string>();
    for (let network = 10; network < 22; network += 1) {
      const seen = new Set(await times(3, () => ask(nginx, "/", { from: `127.0.${network}.${1 + (network % 200)}` })));
      assert.equal(seen.size, 1, `127.0.${network}.0/24 got ${[...seen].join(" and ")}`);
      used.add([...seen][0] ?? "");
    }
    assert.ok(used.size >= 2, `twelve networks all got ${[...used].join()}`);
  });

  it("hash: a key keeps its replica", async () => {
    const replicas = await balancer.replicas(4);
    const nginx = await balancer.start({
      routes: [route(replicas, { strategy: "hash", hashBy: { header: "X-Tenant" } })],
      resolver: balancer.resolver,
      limits: UNLIMITED,
    });
    await sleep(2500);
    const used = new Set<string>();
    for (let tenant = 0; tenant < 25; tenant += 1) {
      const seen = new Set(await times(5, () => ask(nginx, "/", { headers: { "x-tenant": `tenant-${tenant}` } })));
      assert.equal(seen.size, 1, `tenant-${tenant} got ${[...seen].join(" and ")}`);
      used.add([...seen][0] ?? "");
    }
    assert.equal(used.size, 4);
  });

  it("consistent-hash: only the keys of a target that is gone move", async () => {
    const replicas = await balancer.replicas(4);
    const to = replicas.map(({ address, port }) => ({ host: address, port }));
    const nginx = await balancer.start({
      routes: [route(replicas, { to, strategy: "consistent-hash", hashBy: { header: "X-Tenant" } })],
      limits: UNLIMITED,
    });
    const tenants = Array.from({ length: 61 }, (_, index) => `tenant-${index}`);
    const place = async () => {
      const places: string[] = [];
      for (const tenant of tenants) places.push(String((await ask(nginx, "/", { headers: { "x-tenant": tenant } })).headers["x-replica"]));
      return places;
    };
    const first = await place();
    assert.deepEqual(await place(), first);
    assert.equal(new Set(first).size, 4);
    await replicas[3]?.kill();
    const second = await place();
    const moved = tenants.filter((_, index) => first[index] !== second[index] && first[index] !== "127.0.1.4");
    assert.deepEqual(moved, []);
    assert.ok(!second.includes("127.0.1.4"));
  });

  it("sticky-cookie: a browser that keeps the cookie keeps its replica", async () => {
    const replicas = await balancer.replicas(3);
    const nginx = await balancer.start({
      routes: [route(replicas, { strategy: "sticky-cookie", stickyCookie: { name: "where" } })],
      resolver: balancer.resolver,
      limits: UNLIMITED,
    });
    await sleep(2500);
    const first = await ask(nginx, "/");
    const cookie = first.headers["set-cookie"]?.[0] ?? "";
    assert.match(cookie, /^where=[0-9a-f]+; .*max-age=3600.*httponly/i);
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    const seen = new Set(await times(9, () => ask(nginx, "/", { headers })));
    assert.deepEqual([...seen], [first.headers["x-replica"]]);
  });

  it("weighted: splits 3:1 within 3 %, and the other target stands in for one that is gone", async () => {
    const [heavy, light] = (await balancer.replicas(2)) as [Replica, Replica];
    const to = [
      { host: "127.0.1.1", port: heavy.port, weight: 3 },
      { host: "127.0.1.2", port: light.port, weight: 1 },
    ];
    const nginx = await balancer.start({ routes: [{ name: "app", path: "/", to, strategy: "weighted" }], limits: UNLIMITED });
    const total = 4000;
    const seen: string[] = [];
    for (let done = 0; done < total; done += 40) {
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask(nginx, "/")));
      seen.push(...answers.map((answer) => String(answer.headers["x-replica"])));
    }
    const share = (tally(seen)[heavy.address] ?? 0) / total;
    assert.ok(Math.abs(share - 0.75) < 0.03, `${share} instead of 0.75`);
    await heavy.kill();
    const after = tally(await times(20, () => ask(nginx, "/")));
    assert.deepEqual(after, { [light.address]: 20 });
  });

  it("backup: is used only while nothing else answers", async () => {
    const [first, backup] = (await balancer.replicas(2)) as [Replica, Replica];
    const to = [
      { host: "127.0.1.1", port: first.port },
      { host: "127.0.1.2", port: backup.port, backup: true },
    ];
    const nginx = await balancer.start({ routes: [{ name: "app", path: "/", to }], limits: UNLIMITED });
    assert.deepEqual(tally(await times(10, () => ask(nginx, "/"))), { [first.address]: 10 });
    await first.kill();
    assert.deepEqual(tally(await times(10, () => ask(nginx, "/"))), { [backup.address]: 10 });
  });

  it("websocket: connections change protocol, carry both ways and survive silence", async () => {
    const replicas = await balancer.replicas(1);
    const sockets = new WebSocketServer({ server: replicas[0]?.server });
    sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(`echo ${String(data)}`)));
    const nginx = await balancer.start({
      routes: [route(replicas, { name: "ws", path: "/ws", strategy: "ip-hash", websocket: true })],
      resolver: balancer.resolver,
      tls: true,
    });
    await sleep(2500);
    const socket = new WebSocket(`wss://localhost:${nginx.ports.https}/ws`, { ca: nginx.ca });
    try {
      await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
      const answer = new Promise<string>((resolve) => socket.once("message", (data) => resolve(String(data))));
      await sleep(3000);
      socket.send("hello");
      assert.equal(await answer, "echo hello");
    } finally {
      socket.terminate();
      sockets.close();
    }
  });

  it("websocket: a reload leaves open connections alone, and new ones come through the new configuration", async () => {
    const replicas = await balancer.replicas(1);
    const sockets = new WebSocketServer({ server: replicas[0]?.server });
    sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(`echo ${String(data)}`)));
    const to = { host: "127.0.1.1", port: replicas[0]?.port ?? 0 };
    const options = { routes: [{ name: "ws", path: "/ws", to, websocket: true }] };
    const nginx = await balancer.start(options);
    const open = async (path: string) => {
      const socket = new WebSocket(`ws://127.0.0.1:${nginx.ports.http}${path}`, { headers: { host: "localhost" } });
      await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
      return socket;
    };
    const say = (socket: WebSocket, text: string) =>
      new Promise<string>((resolve, reject) => {
        socket.once("message", (data) => resolve(String(data))).once("close", () => reject(new Error("closed")));
        socket.send(text);
      });
    const old = await open("/ws");
    try {
      assert.equal(await say(old, "before"), "echo before");
      nginx.write({ routes: [...options.routes, { name: "new", path: "/new", to, websocket: true }] });
      await nginx.reload();
      assert.equal(await say(old, "after"), "echo after");
      // The new workers take over in their own time.
      const deadline = Date.now() + 40_000;
      let later = await open("/new").catch(() => undefined);
      while (!later && Date.now() < deadline) {
        await sleep(200);
        later = await open("/new").catch(() => undefined);
      }
      assert.ok(later, "the new configuration never came");
      assert.equal(await say(later, "new"), "echo new");
      later.terminate();
      assert.equal(await say(old, "still"), "echo still");
    } finally {
      old.terminate();
      sockets.close();
    }
  });

  it("weighted by client: a client stays with its target, and clients divide by weight", async () => {
    const [heavy, light] = (await balancer.replicas(2)) as [Replica, Replica];
    const to = [
      { host: heavy.address, port: heavy.port, weight: 3 },
      { host: light.address, port: light.port },
    ];
    const nginx = await balancer.start({
      routes: [{ name: "app", path: "/", to, strategy: "weighted", split: "client" }],
      limits: UNLIMITED,
    });
    const firsts: string[] = [];
    for (let client = 1; client <= 200; client += 1) {
      const from = `127.1.${client % 16}.${client}`;
      const seen = new Set(await times(client <= 20 ? 3 : 1, () => ask(nginx, "/", { from })));
      assert.equal(seen.size, 1, `${from} got ${[...seen].join(" and ")}`);
      firsts.push([...seen][0] ?? "");
    }
    const share = (tally(firsts)[heavy.address] ?? 0) / firsts.length;
    assert.ok(Math.abs(share - 0.75) < 0.12, `${share} of 200 clients instead of 0.75`);
  });

  for (const [what, hashBy, vary] of [
    ["client", "client", (index: number) => ({ from: `127.2.0.${index + 1}` })],
    ["uri", "uri", (index: number) => ({ path: `/${index}` })],
    ["cookie", { cookie: "tenant" }, (index: number) => ({ headers: { cookie: `a=b; tenant=t${index}` } })],
  ] as const) {
    it(`hash by ${what}: the same one keeps its replica, and several use several`, async () => {
      const replicas = await balancer.replicas(3);
      const to = replicas.map(({ address, port }) => ({ host: address, port }));
      const nginx = await balancer.start({ routes: [{ name: "app", path: "/", to, strategy: "hash", hashBy }], limits: UNLIMITED });
      const used = new Set<string>();
      for (let index = 0; index < 15; index += 1) {
        const { path = "/", ...question }: { path?: string; from?: string; headers?: Record<string, string> } = vary(index);
        const seen = new Set(await times(3, () => ask(nginx, path, question)));
        assert.equal(seen.size, 1, `${what} ${index} got ${[...seen].join(" and ")}`);
        used.add([...seen][0] ?? "");
      }
      assert.ok(used.size >= 2, `fifteen all got ${[...used].join()}`);
    });
  }

  it("routes by longest path and by host, strips a path when told so, and answers itself", async () => {
    const replicas = await balancer.replicas(1, (request, response) => response.end(request.url));
    const to = { host: "app.test", port: replicas[0]?.port ?? 0 };
    const nginx = await balancer.start({
      hosts: ["localhost"],
      resolver: balancer.resolver,
      routes: [
        { name: "api", path: "/api/", to, stripPath: true },
        { name: "exact", path: "/api/exact", match: "exact", to },
        { name: "robots", path: "/robots.txt", match: "exact", respond: { status: 200, body: "Disallow: /$remote_addr\n" } },
        { name: "version", path: "/version.txt", match: "exact", respond: { status: 200, body: "{}", contentType: "application/json" } },
        { name: "old", path: "/old", redirect: { to: "https://example.org/?price=$1", status: 301 } },
        { name: "other", path: "/", hosts: ["other.test"], to },
      ],
    });
    await sleep(2500);
    assert.equal((await ask(nginx, "/api/v1/x?y=1")).text, "/v1/x?y=1");
    assert.equal((await ask(nginx, "/api/exact")).text, "/api/exact");
    assert.equal((await ask(nginx, "/robots.txt")).text, "Disallow: /$remote_addr\n");
    assert.equal((await ask(nginx, "/version.txt")).headers["content-type"], "application/json");
    const old = await ask(nginx, "/old");
    assert.deepEqual([old.status, old.headers.location], [301, "https://example.org/?price=$1"]);
    assert.equal((await ask(nginx, "/nothing")).status, 404);
    assert.equal((await ask(nginx, "/deep/path", { host: "other.test" })).text, "/deep/path");
    const slash = await ask(nginx, "/api");
    assert.deepEqual([slash.status, slash.headers.location], [301, "/api/"]);
  });

  it("tells the upstream who asks and how, whatever the client claims", async () => {
    const replicas = await balancer.replicas(1);
    const nginx = await balancer.start({ routes: [route(replicas)], resolver: balancer.resolver });
    await sleep(2500);
    const claimed = {
      "x-forwarded-for": "203.0.113.9",
      "x-real-ip": "203.0.113.9",
      "x-request-id": "mine",
      proxy: "http://evil",
      forwarded: "for=1",
    };
    const answer = await ask(nginx, "/", { headers: { ...claimed, "x-forwarded-proto": "https", "x-api-client": "root" } });
    const seen = replicas[0]?.headers ?? {};
    assert.equal(seen["x-forwarded-for"], "127.0.0.1");
    assert.equal(seen["x-real-ip"], "127.0.0.1");
    assert.equal(seen["x-forwarded-proto"], "http");
    assert.equal(seen["host"], `localhost:${nginx.ports.http}`);
    assert.equal(seen["proxy"], undefined);
    assert.equal(seen["forwarded"], undefined);
    assert.equal(seen["x-api-client"], undefined);
    assert.match(String(seen["x-request-id"]), /^[0-9a-f]{32}$/);
    assert.equal(answer.headers["x-request-id"], seen["x-request-id"]);
    const [logged] = await nginx.log();
    assert.equal(logged?.["request_id"], seen["x-request-id"]);
    assert.equal(logged?.["client_request_id"], "mine");
    assert.equal(logged?.["upstream_status"], "200");
    assert.equal(logged?.["upstream"], `127.0.1.1:${replicas[0]?.port}`);
    assert.equal(logged?.["route"], "app");
  });

  it("believes X-Forwarded-For of trusted proxies alone, and of it the last address that is none of theirs", async () => {
    const replicas = await balancer.replicas(1);
    const nginx = await balancer.start({
      routes: [route(replicas)],
      resolver: balancer.resolver,
      trustedProxies: { ranges: ["127.0.5.0/24", "10.0.0.0/8"] },
    });
    await sleep(2500);
    const headers = { "x-forwarded-for": "198.51.100.1, 203.0.113.9, 10.1.2.3" };
    await ask(nginx, "/", { headers, from: "127.0.5.7" });
    assert.equal(replicas[0]?.headers["x-forwarded-for"], "203.0.113.9");
    await ask(nginx, "/", { headers, from: "127.0.6.7" });
    assert.equal(replicas[0]?.headers["x-forwarded-for"], "127.0.6.7");
  });
});
