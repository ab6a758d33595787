import assert from "node:assert/strict";
import { Agent } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { NginxOptions, ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask, tally } from "./ask";
import { BlackHole } from "./black-hole";
import { withNginx } from "./fixture";
import type { Nginx } from "./nginx";
import type { Handler, Replica } from "./replica";
import { ReplicaProcess } from "./replica-process";

const LIMITS: NginxOptions["limits"] = { perClient: false };

/** Ends the connection in the middle of a request that has arrived whole. */
const dies: Handler = (request) => request.socket.destroy();

const unavailable: Handler = (_request, response) => {
  response.statusCode = 503;
  response.end("draining");
};

describe("nginx: failover", function () {
  this.timeout(60_000);
  const balancer = withNginx();

  async function start(replicas: Replica[], more: Partial<ProxyRoute> = {}): Promise<Nginx> {
    const to = { host: "app.test", port: replicas[0]?.port ?? 0 };
    const nginx = await balancer.start({ routes: [{ name: "app", path: "/", to, ...more }], resolver: balancer.resolver, limits: LIMITS });
    await sleep(2500);
    return nginx;
  }

  async function statuses(nginx: Nginx, count: number, method: string, body?: string): Promise<Record<string, number>> {
    const seen: string[] = [];
    for (let index = 0; index < count; index += 1) {
      seen.push(String((await ask(nginx, `/${index}`, { method, ...(body === undefined ? {} : { body }) })).status));
    }
    return tally(seen);
  }

  for (const [what, handler] of [
    ["cuts the connection", dies],
    ["answers 503", unavailable],
  ] as const) {
    it(`a GET goes to another replica when one ${what}`, async () => {
      const replicas = await balancer.replicas(3);
      const nginx = await start(replicas, { maxFails: 0 });
      if (replicas[1]) replicas[1].handler = handler;
      assert.deepEqual(await statuses(nginx, 30, "GET"), { 200: 30 });
      assert.ok((replicas[1]?.seen.length ?? 0) >= 5, "the failing replica was not even asked");
    });
  }

  it("a POST that was sent reaches one replica only, even when that one dies over it", async () => {
    const replicas = await balancer.replicas(3, dies);
    const nginx = await start(replicas, { maxFails: 0 });
    assert.deepEqual(await statuses(nginx, 12, "POST", "x=1"), { 502: 12 });
    const paths = tally(replicas.flatMap((replica) => replica.seen));
    assert.equal(Object.keys(paths).length, 12);
    assert.deepEqual([...new Set(Object.values(paths))], [1]);
  });

  it("a POST whose replica answers 503 is not sent again either", async () => {
    const replicas = await balancer.replicas(2, unavailable);
    const nginx = await start(replicas, { maxFails: 0 });
    assert.deepEqual(await statuses(nginx, 10, "POST", "x=1"), { 503: 10 });
    assert.equal(replicas.flatMap((replica) => replica.seen).length, 10);
  });

  it("a POST goes elsewhere when the connection cannot be made", async () => {
    const replicas = await balancer.replicas(3);
    const nginx = await start(replicas, { maxFails: 0 });
    await replicas[0]?.kill();
    assert.deepEqual(await statuses(nginx, 30, "POST", "x=1"), { 200: 30 });
  });

  it("tries at most `tries` replicas, and none with retry off", async () => {
    const replicas = await balancer.replicas(4, dies);
    const two = await start(replicas, { maxFails: 0, retry: { tries: 2 } });
    assert.equal((await ask(two, "/two")).status, 502);
    assert.equal(replicas.flatMap((replica) => replica.seen).length, 2);
    replicas.forEach((replica) => replica.seen.splice(0));
    const none = await start(replicas, { maxFails: 0, retry: false });
    assert.equal((await ask(none, "/none")).status, 502);
    assert.equal(replicas.flatMap((replica) => replica.seen).length, 1);
  });

  it("retries what it is told to: 500 only when `on` names it", async () => {
    const fails: Handler = (_request, response) => {
      response.statusCode = 500;
      response.end();
    };
    const replicas = await balancer.replicas(2);
    if (replicas[0]) replicas[0].handler = fails;
    const usual = await start(replicas, { maxFails: 0 });
    assert.deepEqual(await statuses(usual, 10, "GET"), { 200: 5, 500: 5 });
    const more = await start(replicas, { maxFails: 0, retry: { on: ["error", "timeout", "http_500"] } });
    assert.deepEqual(await statuses(more, 10, "GET"), { 200: 10 });
  });

  it("a hung replica costs a GET the read timeout, then another answers; after maxFails it is left alone for failTimeout", async () => {
    const replicas = await balancer.replicas(2);
    const nginx = await start(replicas, { timeouts: { read: 1 }, maxFails: 1, failTimeout: 3 });
    const [hung] = replicas as [Replica, Replica];
    hung.handler = () => undefined;
    const started = Date.now();
    assert.deepEqual(await statuses(nginx, 6, "GET"), { 200: 6 });
    const took = Date.now() - started;
    assert.ok(took >= 1000 && took < 10_000, `${took} ms`);
    assert.equal(hung.seen.length, 1);
    hung.handler = (_request, response) => response.end();
    // nginx counts failTimeout in whole seconds, so it may take one more.
    for (const until = Date.now() + 20_000; hung.seen.length < 2 && Date.now() < until;) {
      await sleep(500);
      await statuses(nginx, 2, "GET");
    }
    assert.ok(hung.seen.length > 1, "it was not used again");
  });

  for (const [left, stripped, path] of [
    [1, false, "/a%2Fb?x=1"],
    [3, true, "/app/a?x=1"],
  ] as const) {
    it(`a connection to a replica that has gone, and whose address goes meanwhile, costs no request when ${left} ${left > 1 ? "are" : "is"} left`, async () => {
      const replicas = await balancer.replicas(left);
      const [replica] = replicas as [Replica];
      const addresses = replicas.map(({ address }) => address);
      const hole = await BlackHole.open("127.0.1.9", replica.port);
      try {
        balancer.names.set("app.test", ...addresses, hole.address);
        const nginx = await start(replicas, {
          maxFails: 0,
          timeouts: { connect: 2 },
          ...(stripped ? { path: "/app/", stripPath: true } : {}),
        });
        const asked = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? "GET" : "POST")).map((method) =>
          ask(nginx, path, { method, ...(method === "POST" ? { body: "x" } : {}) }),
        );
        await sleep(300);
        balancer.names.set("app.test", ...addresses);
        assert.deepEqual(tally((await Promise.all(asked)).map(({ status }) => String(status))), { 200: 12 });
        const target = stripped ? "/a?x=1" : path;
        assert.deepEqual(tally(replicas.flatMap(({ seen }) => seen)), { [`GET ${target}`]: 6, [`POST ${target}`]: 6 });
        const upstreams = (await nginx.log()).map(({ upstream }) => String(upstream));
        assert.ok(
          upstreams.some((each) => each.startsWith(`${hole.address}:`) && addresses.some((address) => each.includes(` : ${address}:`))),
          upstreams.join("; "),
        );
      } finally {
        hole.close();
      }
    });
  }

  it("SIGSTOP: no GET fails that is under way in a replica when it hangs, nor one that comes after, though reading may take longer than 10 s", async () => {
    const replicas = await ReplicaProcess.several(3);
    try {
      const [hung] = replicas as [ReplicaProcess];
      balancer.names.set("app.test", ...replicas.map(({ address }) => address));
      for (const replica of replicas) replica.behave("slow");
      const to = { host: "app.test", port: hung.port };
      const route: ProxyRoute = { name: "app", path: "/", to, strategy: "least-connections", timeouts: { read: 11 } };
      const nginx = await balancer.start({ routes: [route], resolver: balancer.resolver, limits: LIMITS });
      await sleep(2500);
      const asked = Array.from({ length: 12 }, () => ask(nginx, "/", { timeout: 40_000 }));
      await sleep(1000);
      hung.signal("SIGSTOP");
      for (const replica of replicas.slice(1)) replica.behave("well");
      asked.push(...Array.from({ length: 12 }, () => ask(nginx, "/", { timeout: 40_000 })));
      const answers = await Promise.all(asked);
      assert.deepEqual(tally(answers.map(({ status }) => String(status))), { 200: 24 });
      assert.ok(answers.every(({ text }) => text !== hung.address));
      const tried = (await nginx.log()).filter(({ upstream }) => String(upstream).startsWith(`${hung.address}:`));
      assert.ok(tried.length >= 3, "hardly a request was under way in the replica that hung");
    } finally {
      for (const replica of replicas) await replica.kill();
    }
  });

  it("an attempt is not begun after retry.timeout", async () => {
    const replicas = await balancer.replicas(3, () => undefined);
    const nginx = await start(replicas, { timeouts: { read: 2 }, retry: { timeout: 1 }, maxFails: 0 });
    const answer = await ask(nginx, "/");
    assert.equal(answer.status, 504);
    assert.equal(replicas.flatMap((replica) => replica.seen).length, 1);
  });

  it("connections to replicas are kept and used again, and without keepalive are not", async () => {
    const replicas = await balancer.replicas(1);
    const sockets = new Set<unknown>();
    replicas[0]?.server.on("connection", (socket) => sockets.add(socket));
    const kept = await start(replicas);
    await statuses(kept, 20, "GET");
    assert.ok(sockets.size <= 2, `${sockets.size} connections for 20 requests`);
    sockets.clear();
    const single = await start(replicas, { keepalive: false });
    await statuses(single, 20, "GET");
    assert.equal(sockets.size, 20);
  });

  it("an idle connection to a replica is closed after keepalive.timeout, before the app would close it", async () => {
    const replicas = await balancer.replicas(1);
    const [replica] = replicas as [Replica];
    replica.server.keepAliveTimeout = 60_000;
    const nginx = await start(replicas, { keepalive: { timeout: 1 } });
    const closed = new Promise((resolve) => replica.server.once("connection", (socket) => socket.once("close", resolve)));
    const started = Date.now();
    await ask(nginx, "/");
    await closed;
    const took = Date.now() - started;
    assert.ok(took >= 900 && took < 10_000, `${took} ms`);
  });

  it("a reload does not close a connection under a client that is about to ask again, and says with the answer that it ends", async () => {
    const nginx = await start(await balancer.replicas(1));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const ports = new Set<number | undefined>();
      agent.on("free", (socket: Socket) => ports.add(socket.localPort));
      assert.equal((await ask(nginx, "/", { agent })).headers.connection, "keep-alive");
      await nginx.reload();
      await sleep(1000);
      const after = await ask(nginx, "/", { agent });
      assert.deepEqual([after.status, after.headers.connection, ports.size], [200, "close", 1]);
    } finally {
      agent.destroy();
    }
  });

  it("under load: replicas killed and added, a reload in between; no request fails", async () => {
    const replicas = await balancer.replicas(3);
    const test = {
      routes: [{ name: "app", path: "/", to: { host: "app.test", port: replicas[0]?.port ?? 0 }, strategy: "least-connections" as const }],
      resolver: balancer.resolver,
      limits: LIMITS,
    };
    const nginx = await balancer.start(test);
    await sleep(2500);
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const outcomes: string[] = [];
    let running = true;
    const load = (async () => {
      const open: Promise<void>[] = [];
      for (let index = 0; running; index += 1) {
        const method = index % 3 === 0 ? "POST" : "GET";
        const question = { method, ...(method === "POST" ? { body: "x" } : {}), agent: index % 2 === 0 ? agent : false };
        open.push(
          ask(nginx, "/", question).then(
            (answer) => void outcomes.push(String(answer.status)),
            (error: Error) => void outcomes.push(`${method} ${error.message}`),
          ),
        );
        await sleep(5);
      }
      await Promise.all(open);
    })();
    await sleep(500);
    await replicas[0]?.kill();
    await sleep(500);
    balancer.names.set("app.test", "127.0.1.2", "127.0.1.3");
    await sleep(2500);
    nginx.write({ ...test, headers: { set: { "X-Version": "2" } } });
    await nginx.reload();
    await sleep(2500);
    balancer.names.set("app.test", "127.0.1.3");
    await sleep(3500);
    await replicas[1]?.kill();
    await sleep(500);
    running = false;
    await load;
    agent.destroy();
    assert.ok(outcomes.length > 600, `only ${outcomes.length} requests`);
    // What was under way in a replica at the instant it was killed cannot be saved for a POST; here replicas answer at once.
    assert.deepEqual(Object.keys(tally(outcomes)), ["200"]);
    assert.equal((await ask(nginx, "/")).headers["x-version"], "2");
  });
});
