import assert from "node:assert/strict";
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { TraefikProxyRoute } from "@testbro/components/load-balancer/traefik";
import WebSocket, { WebSocketServer } from "ws";
import { ask, tally } from "./ask";
import type { Replica } from "./replica";
import type { Traefik } from "./traefik";
import { targets, until, withTraefik } from "./traefik-fixture";

/** Limits off: here one client asks as fast as it can. */
const UNLIMITED = { perClient: false } as const;

describe("traefik: routing", function () {
  this.timeout(180_000);
  const balancer = withTraefik();

  function route(replicas: Replica[], more: Partial<TraefikProxyRoute> = {}): TraefikProxyRoute {
    return { name: "app", path: "/", to: targets(replicas), ...more };
  }

  async function times(traefik: Traefik, count: number, question = {}): Promise<string[]> {
    const seen: string[] = [];
    for (let index = 0; index < count; index += 1) seen.push(String((await ask(traefik, "/", question)).headers["x-replica"]));
    return seen;
  }

  it("round-robin: uses every replica in turn", async () => {
    const replicas = await balancer.replicas(2);
    const traefik = await balancer.start({ routes: [route(replicas, { strategy: "round-robin" })], limits: UNLIMITED });
    assert.deepEqual(tally(await times(traefik, 20)), { "127.0.1.1": 10, "127.0.1.2": 10 });
    assert.deepEqual(traefik.errors, []);
  });

  it("auto: sends nothing more to a replica that hangs while another is free", async () => {
    const replicas = await balancer.replicas(2);
    const traefik = await balancer.start({ routes: [route(replicas)], limits: UNLIMITED });
    const [hung, free] = replicas as [Replica, Replica];
    hung.handler = () => undefined;
    const stuck = Array.from({ length: 6 }, () => ask(traefik, "/", { timeout: 60_000 }).catch(() => undefined));
    await until("every request has arrived", () => hung.seen.length + free.seen.length >= stuck.length);
    hung.seen.splice(0);
    assert.deepEqual(tally(await times(traefik, 20)), { [free.address]: 20 });
    assert.deepEqual(hung.seen, []);
    await hung.kill();
    await Promise.all(stuck);
  });

  it("ip-hash: a client always gets the same replica, and several clients use several", async () => {
    const replicas = await balancer.replicas(3);
    const traefik = await balancer.start({ routes: [route(replicas, { strategy: "ip-hash" })], limits: UNLIMITED });
    const used = new Set<string>();
    for (let client = 10; client < 25; client += 1) {
      const seen = new Set(await times(traefik, 3, { from: `127.0.9.${client}` }));
      assert.equal(seen.size, 1, `127.0.9.${client} got ${[...seen].join(" and ")}`);
      used.add([...seen][0] ?? "");
    }
    assert.ok(used.size >= 2, `fifteen clients all got ${[...used].join()}`);
  });

  it("sticky-cookie: a browser that keeps the cookie keeps its replica", async () => {
    const replicas = await balancer.replicas(3);
    const more = { strategy: "sticky-cookie", stickyCookie: { name: "where" } } as const;
    const traefik = await balancer.start({ routes: [route(replicas, more)], limits: UNLIMITED });
    const first = await ask(traefik, "/");
    const cookie = first.headers["set-cookie"]?.[0] ?? "";
    assert.match(cookie, /^where=[0-9a-f]+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax/);
    const seen = new Set(await times(traefik, 9, { headers: { cookie: cookie.split(";")[0] ?? "" } }));
    assert.deepEqual([...seen], [first.headers["x-replica"]]);
  });

  it("weighted: splits 3:1 within 3 %, and by client when told so", async () => {
    const [heavy, light] = (await balancer.replicas(2)) as [Replica, Replica];
    const to = [
      { host: "127.0.1.1", port: heavy.port, weight: 3 },
      { host: "127.0.1.2", port: light.port, weight: 1 },
    ];
    const routes: TraefikProxyRoute[] = [
      { name: "app", path: "/", to, strategy: "weighted" },
      { name: "canary", path: "/canary", to, strategy: "weighted", split: "client" },
    ];
    const traefik = await balancer.start({ routes, limits: UNLIMITED });
    const share = (tally(await times(traefik, 400))[heavy.address] ?? 0) / 400;
    assert.ok(Math.abs(share - 0.75) < 0.03, `${share} instead of 0.75`);
    const places = new Set<string>();
    for (let client = 1; client < 30; client += 1) {
      const from = `127.0.9.${client}`;
      const answers = [await ask(traefik, "/canary", { from }), await ask(traefik, "/canary", { from })];
      const seen = new Set(answers.map((answer) => String(answer.headers["x-replica"])));
      assert.equal(seen.size, 1, `${from} got ${[...seen].join(" and ")}`);
      places.add([...seen][0] ?? "");
    }
    assert.deepEqual(places, new Set([heavy.address, light.address]));
  });

  it("backup: is used only while nothing else answers the health check, and given up when it does again", async () => {
    const [first, backup] = (await balancer.replicas(2)) as [Replica, Replica];
    const to = [
      { host: "127.0.1.1", port: first.port },
      { host: "127.0.1.2", port: backup.port, backup: true },
    ];
    const routes = [{ name: "app", path: "/", to, healthCheck: { path: "/health" } }];
    const traefik = await balancer.start({ routes, limits: UNLIMITED });
    assert.deepEqual(tally(await times(traefik, 10)), { [first.address]: 10 });
    const serve = first.handler;
    first.handler = (_request, response) => response.writeHead(503).end();
    const answer = async () => String((await ask(traefik, "/")).headers["x-replica"]);
    await until("the backup answers", async () => (await answer()) === backup.address);
    assert.deepEqual(tally(await times(traefik, 10)), { [backup.address]: 10 });
    first.handler = serve;
    await until("the first one answers", async () => (await answer()) === first.address);
  });

  it("no request fails when a replica is gone", async () => {
    const replicas = await balancer.replicas(3);
    const traefik = await balancer.start({ routes: [route(replicas)], limits: UNLIMITED });
    await replicas[0]?.kill();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => ask(traefik, "/", index % 2 ? { method: "POST", body: "x" } : {})),
    );
    assert.deepEqual(tally(answers.map((answer) => String(answer.status))), { "200": 60 });
  });

  it("sends a GET elsewhere when a replica takes it and closes, but not a POST", async () => {
    const replicas = await balancer.replicas(2);
    const [broken, good] = replicas as [Replica, Replica];
    const traefik = await balancer.start({ routes: [route(replicas)], limits: UNLIMITED });
    for (const replica of replicas) replica.handler = (request) => request.socket.destroy();
    for (const replica of replicas) replica.seen.splice(0);
    assert.equal((await ask(traefik, "/", { method: "POST", body: "x" })).status, 502);
    assert.equal(replicas.flatMap((replica) => replica.seen).filter((line) => line.startsWith("POST")).length, 1);
    good.handler = (_request, response) => response.end("good");
    for (let index = 0; index < 10; index += 1) assert.equal((await ask(traefik, "/")).text, "good");
    assert.ok(
      broken.seen.some((line) => line.startsWith("GET")),
      "the broken one was tried too",
    );
  });

  it("no GET fails that is under way in a replica when it hangs, though reading may take longer than 10 s, where there is a health check", async () => {
    const replicas = await balancer.replicas(2);
    const [hung, good] = replicas as [Replica, Replica];
    const traefik = await balancer.start({
      routes: [route(replicas, { timeouts: { read: 11 }, healthCheck: { path: "/health" } })],
      limits: UNLIMITED,
    });
    hung.handler = () => undefined;
    good.handler = (_request, response) => response.end("good");
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(traefik, "/", { timeout: 60_000 })));
    assert.deepEqual(tally(answers.map(({ status, text }) => `${status} ${text}`)), { "200 good": 8 });
    assert.ok(hung.seen.includes("GET /"), "the one that hangs was asked");
  });

  it("circuit breaker: answers 503 by itself while the upstream breaks connections", async () => {
    const replicas = await balancer.replicas(1, (request) => request.socket.destroy());
    const more = { circuitBreaker: { openSeconds: 2, recoverySeconds: 1 }, retry: false, maxFails: 0 } as const;
    const traefik = await balancer.start({ routes: [route(replicas, more)], limits: UNLIMITED });
    await until("the breaker opens", async () => (await ask(traefik, "/")).status === 503, 20);
    const [replica] = replicas as [Replica];
    replica.seen.splice(0);
    assert.equal((await ask(traefik, "/")).status, 503);
    assert.deepEqual(replica.seen, []);
    replica.handler = (_request, response) => response.end("back");
    await until("it closes again", async () => (await ask(traefik, "/")).status === 200, 20);
  });

  it("mirror: a copy of each request goes elsewhere, and nobody waits for its answer", async () => {
    const [served, shadow] = (await balancer.replicas(2)) as [Replica, Replica];
    shadow.handler = () => undefined;
    const mirror = { to: { host: shadow.address, port: shadow.port } };
    const traefik = await balancer.start({ routes: [route([served], { mirror })], limits: UNLIMITED });
    // Traefik copies nothing for a client that has closed its connection meanwhile.
    const agent = new Agent({ keepAlive: true });
    for (let index = 0; index < 5; index += 1)
      assert.equal((await ask(traefik, "/copied", { agent })).headers["x-replica"], served.address);
    await until("the copies arrive", () => shadow.seen.filter((line) => line === "GET /copied").length === 5);
    agent.destroy();
  });

  it("websocket: connections change protocol and carry both ways; only where the route says so", async () => {
    const replicas = await balancer.replicas(1);
    const sockets = new WebSocketServer({ server: replicas[0]?.server });
    sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(`echo ${String(data)}`)));
    const routes = [
      route(replicas, { name: "ws", path: "/ws", strategy: "ip-hash", websocket: true }),
      route(replicas, { name: "plain", path: "/" }),
    ];
    const traefik = await balancer.start({ routes, tls: true });
    const open = (path: string) => new WebSocket(`wss://localhost:${traefik.ports.https}${path}`, { ca: traefik.ca });
    const socket = open("/ws");
    try {
      await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
      const answer = new Promise<string>((resolve) => socket.once("message", (data) => resolve(String(data))));
      await sleep(1000);
      socket.send("hello");
      assert.equal(await answer, "echo hello");
      const refused = open("/other");
      await assert.rejects(
        new Promise((resolve, reject) => refused.once("open", resolve).once("error", reject)),
        /Unexpected server response/,
      );
    } finally {
      socket.terminate();
      sockets.close();
    }
  });

  it("routes by longest path and by host, strips a path when told so, redirects and refuses", async () => {
    const replicas = await balancer.replicas(1, (request, response) => response.end(request.url));
    const to = targets(replicas);
    const traefik = await balancer.start({
      hosts: ["localhost"],
      routes: [
        { name: "api", path: "/api/", to, stripPath: true },
        { name: "exact", path: "/api/exact", match: "exact", to },
        { name: "gone", path: "/gone", respond: { status: 410 } },
        { name: "old", path: "/old", redirect: { to: "https://example.org/?price=$1", status: 301 } },
        { name: "odd", path: '/`"$', to },
        { name: "other", path: "/", hosts: ["*.other.test"], to },
      ],
    });
    assert.equal((await ask(traefik, "/api/v1/x?y=1")).text, "/v1/x?y=1");
    assert.equal((await ask(traefik, "/api/exact")).text, "/api/exact");
    assert.equal((await ask(traefik, "/gone")).status, 410);
    const old = await ask(traefik, "/old");
    assert.deepEqual([old.status, old.headers.location], [301, "https://example.org/?price=$1"]);
    assert.equal((await ask(traefik, "/%60%22$x")).status, 200);
    assert.equal((await ask(traefik, "/nothing")).status, 404);
    assert.equal((await ask(traefik, "/deep/path", { host: "a.other.test" })).text, "/deep/path");
    assert.equal((await ask(traefik, "/deep/path", { host: "a.b.other.test" })).status, 421);
    assert.equal((await ask(traefik, "/api/", { host: "foreign.test" })).status, 421);
    assert.deepEqual(traefik.errors, []);
  });

  it("tells the upstream who asks and how, whatever the client claims", async () => {
    const replicas = await balancer.replicas(1);
    const traefik = await balancer.start({ routes: [route(replicas)] });
    const claimed = { "x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9", proxy: "http://evil", forwarded: "for=1" };
    await ask(traefik, "/", { headers: { ...claimed, "x-forwarded-proto": "https", "x-api-client": "root" } });
    const seen = replicas[0]?.headers ?? {};
    assert.equal(seen["x-forwarded-for"], "127.0.0.1");
    assert.equal(seen["x-real-ip"], "127.0.0.1");
    assert.equal(seen["x-forwarded-proto"], "http");
    assert.equal(seen["host"], `localhost:${traefik.ports.http}`);
    for (const name of ["proxy", "forwarded", "x-api-client"]) assert.equal(seen[name], undefined, name);
    const [logged] = await traefik.log();
    assert.equal(logged?.["RouterName"], "app@file");
    assert.equal(logged?.["ServiceURL"], `http://127.0.1.1:${replicas[0]?.port}`);
  });

  it("takes another configuration without a restart and without a failed request", async () => {
    const replicas = await balancer.replicas(2);
    const [first, second] = replicas as [Replica, Replica];
    const traefik = await balancer.start({ routes: [route([first])], limits: UNLIMITED });
    const statuses: number[] = [];
    let asking = true;
    const asked = (async () => {
      while (asking) statuses.push((await ask(traefik, "/")).status);
    })();
    traefik.write({ routes: [route([second], { headers: { set: { "X-Version": "{{ 2 }}" } } })], limits: UNLIMITED });
    await until("the new route serves", async () => (await ask(traefik, "/")).headers["x-replica"] === second.address);
    asking = false;
    await asked;
    assert.equal((await ask(traefik, "/")).headers["x-version"], "{{ 2 }}", "a value is never a template");
    assert.deepEqual(tally(statuses.map(String)), { "200": statuses.length });
    assert.ok(traefik.running);
  });

  it("finishes open requests when it is told to stop", async () => {
    const replicas = await balancer.replicas(1, (_request, response) => void setTimeout(() => response.end("late"), 1500));
    const traefik = await balancer.start({ routes: [route(replicas)] });
    const open = ask(traefik, "/slow");
    await until("the request is open", () => replicas[0]?.seen.includes("GET /slow") ?? false);
    await traefik.terminate();
    assert.equal((await open).text, "late");
  });
});
