import assert from "node:assert/strict";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { Notifier } from "../notify/notifier";
import { DockerStats } from "../signals/docker-stats";
import { Prometheus } from "../signals/prometheus";
import { SwarmTarget } from "../targets/swarm";
import { SwarmLease } from "./lease";
import { toldOnce, turn, World } from "./world.fixture";

/** Never answers. */
const hang = <T>() => new Promise<T>(() => undefined);

describe("daemon with Prometheus at fault", () => {
  let server: Server | undefined;
  const sockets = new Set<Socket>();
  const listen = async (handler: RequestListener): Promise<string> => {
    server = createHttpServer(handler);
    server.on("connection", (socket: Socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
  });

  /** Half an hour of a fault that begins with the load gone; another service needs nothing of Prometheus. */
  async function survives(ask: (world: World) => Prometheus, text: RegExp): Promise<void> {
    const world = new World({ api: 6, shop: 6, worker: 2 }, ["api", "shop"]);
    for (const name of ["api", "shop"]) world.load.set(name, 400);
    const query = world.sources.query;
    const daemon = world.daemon();
    await world.live(daemon, 600);
    assert.deepEqual([...world.counts.values()], [6, 6, 2]);
    assert.deepEqual([daemon.status().problems, world.alarms()], [[], []]);

    for (const name of ["api", "shop"]) world.load.set(name, 0);
    world.cpu.set("worker", 140);
    const prometheus = ask(world);
    world.sources.query = (expression) => prometheus.query(expression);
    await turn(world, daemon);
    assert.match(daemon.status().problems.join(), text);
    assert.equal(daemon.status().problems.length, 1, "one fault, however many services it concerns");
    assert.equal(await world.metric('autoscaler_fault{fault="prometheus"}'), 1);
    assert.equal(await world.metric("autoscaler_problems"), 1);
    assert.equal(await world.metric('autoscaler_signal_missing{service="api",signal="requests"}'), 1);
    await world.live(daemon, 240);
    assert.deepEqual([world.counts.get("api"), world.counts.get("shop")], [6, 6]);
    assert.equal(world.counts.get("worker"), 4, "a service without queries goes on being scaled");
    assert.equal(world.alarms().length, 1, world.alarms().join("\n"));

    world.sources.query = query;
    for (const name of ["api", "shop"]) world.load.set(name, 400);
    world.cpu.set("worker", 65);
    await world.live(daemon, 240);
    assert.deepEqual([daemon.status().problems, await world.metric('autoscaler_fault{fault="prometheus"}')], [[], 0]);
    assert.deepEqual([world.counts.get("api"), world.counts.get("shop")], [6, 6]);
    toldOnce(world, text);
  }

  it("that is down", async function () {
    this.timeout(20_000);
    const closed = await listen(() => undefined);
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    await survives(
      (world) => new Prometheus(closed, () => world.now, 0.05),
      /auto-scaler.*Prometheus does not answer: .*ECONNREFUSED|ECONNREFUSED/,
    );
  });

  it("that answers garbage, another piece each time", async function () {
    this.timeout(20_000);
    let answers = 0;
    const garbage = ["<html>502</html>", "", "{", "null", '"success"', '{"status":"success","data":7}', "x".repeat(2_000_000)];
    const url = await listen((_request, response) => {
      response.statusCode = answers % 3 === 0 ? 502 : 500;
      response.end(garbage[answers++ % garbage.length]);
    });
    await survives((world) => new Prometheus(url, () => world.now), /Prometheus does not answer/);
    assert.ok(answers > garbage.length);
  });

  it("that accepts and never answers, or never ends its answer", async function () {
    this.timeout(60_000);
    let asked = 0;
    const url = await listen((_request, response) => {
      if (asked++ % 2 === 0) return;
      response.writeHead(200);
      response.write('{"status":');
    });
    await survives((world) => new Prometheus(url, () => world.now, 0.05), /Prometheus does not answer: no answer within 0.05 s/);
  });

  it("and takes no answer for low load: garbage with a success in it, stale values, values from another time", async () => {
    const world = new World({ api: 6 });
    world.load.set("api", 400);
    const daemon = world.daemon();
    await world.live(daemon, 600);
    const value = (at: number, text: unknown) => ({ status: "success", data: { resultType: "vector", result: [{ value: [at, text] }] } });
    let body: () => unknown = () => null;
    const url = await listen((_request, response) => response.end(JSON.stringify(body())));
    const prometheus = new Prometheus(url, () => world.now);
    world.sources.query = (expression) => prometheus.query(expression);
    const bodies = [
      () => null,
      () => ({ status: "success" }),
      () => ({ status: "success", data: { resultType: "vector", result: [null] } }),
      () => value(world.now, "NaN"),
      () => value(world.now, ""),
      () => value(world.now, 0),
      () => value(world.now, "-5"),
      () => value(world.now - 60, "0"),
      () => value(0, "0"),
    ];
    for (body of bodies) await world.live(daemon, 400);
    assert.equal(world.counts.get("api"), 6);
    assert.equal(await world.metric('autoscaler_signal_missing{service="api",signal="requests"}'), 1);
    assert.match(daemon.status().services[0]?.decision.reason ?? "", /no data is never low load/);
    assert.equal(world.alarms().length, 1, world.alarms().join("\n"));
    body = () => value(world.now, "400");
    await world.live(daemon, 120);
    toldOnce(world, /api: requests: /);
  });
});

describe("daemon with the engine at fault", () => {
  it("whose socket accepts and never answers, tells it once and goes on when it is back", async function () {
    this.timeout(30_000);
    const folder = mkdtempSync(join(tmpdir(), "autoscaler-hang-"));
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket.on("error", () => undefined)));
    try {
      const socketPath = join(folder, "engine.sock");
      await new Promise<void>((resolve) => server.listen(socketPath, resolve));
      const docker = new Docker({ socketPath, timeout: 50 });
      const world = new World({ api: 6 });
      world.load.set("api", 400);
      const [well, swarm, stats, lease] = [{ ...world.target }, new SwarmTarget(docker), new DockerStats(docker), new SwarmLease(docker)];
      const daemon = world.daemon();
      await world.live(daemon, 600);
      const measured = world.sources.stats;
      Object.assign(world.target, { list: swarm.list.bind(swarm), scale: swarm.scale.bind(swarm) });
      Object.assign(world.lease, { hold: lease.hold.bind(lease) });
      world.sources.stats = ({ containers }) => stats.read(containers, undefined, undefined);
      world.load.set("api", 0);
      for (let turns = 0; turns < 20; turns++) await turn(world, daemon);
      assert.ok(sockets.size > 20, "it was asked in every turn");
      assert.match(daemon.status().problems.join(), /^the engine did not answer within 0.05 s$/);
      assert.equal(daemon.status().services.length, 1, "what was last known stays");
      assert.equal(await world.metric('autoscaler_fault{fault="engine"}'), 1);
      assert.equal(await world.metric("autoscaler_leader"), 0);
      assert.deepEqual([world.scaled, world.alarms().length], [[], 1]);

      Object.assign(world.target, well);
      Object.assign(world.lease, { hold: async () => true });
      world.sources.stats = measured;
      world.load.set("api", 900);
      await world.live(daemon, 120);
      assert.deepEqual([daemon.status().problems, await world.metric('autoscaler_fault{fault="engine"}')], [[], 0]);
      assert.equal(world.counts.get("api"), 13, "it grows again");
      toldOnce(world, /auto-scaler: the engine did not answer/);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    }
  });

  it("that hangs at one service's change or statistics, scales the others in the same turn", async () => {
    const names = Array.from({ length: 60 }, (_, index) => `service-${index}`);
    const world = new World(Object.fromEntries(names.map((name) => [name, 2])));
    for (const name of names) world.load.set(name, 700);
    const [scale, stats] = [world.target.scale, world.sources.stats];
    const stuck = new Set(names.slice(0, 10));
    world.target.scale = (service, ...rest) => (stuck.has(service) ? hang() : scale(service, ...rest));
    world.sources.stats = (service) => (stuck.has(service.name) ? hang() : stats(service));
    const daemon = world.daemon();
    await turn(world, daemon);
    for (const name of names) assert.equal(world.counts.get(name), stuck.has(name) ? 2 : 10, name);
    assert.equal(await world.metric('autoscaler_fault{fault="change"}'), 1);
    assert.equal(await world.metric('autoscaler_fault{fault="statistics"}'), 1);
    assert.equal(daemon.status().problems.length, 11);
    for (let turns = 0; turns < 12; turns++) await turn(world, daemon);
    world.target.scale = scale;
    world.sources.stats = stats;
    await world.live(daemon, 120);
    assert.ok(names.every((name) => world.counts.get(name) === 10));
    const about = (text: string) => world.alarms().filter((alarm) => alarm.includes(text)).length;
    assert.deepEqual([about("service-0:"), about("statistics")], [2, 2], world.alarms().join("\n"));
  });

  it("that hangs in every call, one after the other, ends each turn in time", async () => {
    const calls: [string, (world: World) => void][] = [
      ["lease", (world) => (world.lease.hold = hang)],
      ["engine", (world) => (world.target.list = hang)],
      ["change", (world) => (world.target.scale = hang)],
      ["statistics", (world) => (world.sources.stats = hang)],
      ["prometheus", (world) => (world.sources.query = hang)],
    ];
    for (const [fault, breakIt] of calls) {
      const world = new World({ api: 2 });
      world.load.set("api", 700);
      breakIt(world);
      const daemon = world.daemon();
      for (let turns = 0; turns < 10; turns++) await turn(world, daemon);
      assert.equal(await world.metric(`autoscaler_fault{fault="${fault}"}`), 1, fault);
      assert.match(daemon.status().problems.join(), /did not answer within 0.1 s/, fault);
      assert.equal(world.alarms().filter((text) => /did not answer/.test(text)).length, 1, `${fault}: ${world.alarms().join("\n")}`);
      assert.ok(world.counts.get("api") !== 1);
      world.lease.release = hang;
      await daemon.stop();
    }
  });

  it("or with a receiver of messages that never takes them, goes on", async () => {
    const world = new World({ api: 2 });
    world.load.set("api", 700);
    const daemon = world.daemon({ notifier: new Notifier([{ kind: "slack", url: "" }], hang) });
    await turn(world, daemon);
    world.load.set("api", 1200);
    for (let turns = 0; turns < 3; turns++) await turn(world, daemon);
    assert.equal(world.counts.get("api"), 18);
  });
});

describe("daemon on a disk that refuses", () => {
  it("changes nothing that it could forget, says so once, and makes up for it", async () => {
    const world = new World({ api: 2 });
    const kept = { full: false };
    const store = {
      load: () => world.disk,
      save: (saved: typeof world.disk) => {
        if (kept.full) throw new Error("ENOSPC: no space left on device");
        world.disk = saved;
      },
    };
    const daemon = world.daemon({ store: store as never });
    await world.live(daemon, 60);
    kept.full = true;
    world.load.set("api", 700);
    await world.live(daemon, 90);
    assert.deepEqual(world.scaled, []);
    assert.match(daemon.status().problems.join(), /the state cannot be written.*ENOSPC/);
    assert.equal(await world.metric('autoscaler_fault{fault="state"}'), 1);
    kept.full = false;
    await world.live(daemon, 120);
    assert.equal(world.counts.get("api"), 10);
    toldOnce(world, /the state cannot be written/);
  });
});
