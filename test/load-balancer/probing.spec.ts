import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { HealthCheckOptions, ProxyRoute } from "@testbro/components/load-balancer/nginx";
import { ask, tally } from "./ask";
import { withNginx } from "./fixture";
import { Probed } from "./probed";
import type { Handler, Replica } from "./replica";
import { ReplicaProcess } from "./replica-process";
import { SteadyLoad, type Outcome } from "./steady-load";

/** Seconds after a replica's turn within which nginx has asked for its name again; it does so every second. */
const NAME_SECONDS = 3;

/** Slower than any answer of a replica that works. Milliseconds. */
const SLOW_MS = 1000;

describe("nginx: replicas that fail", function () {
  this.timeout(90_000);
  const balancer = withNginx();
  const started: { kill?(): Promise<void>; stop?(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const each of started.splice(0).reverse()) await (each.stop ?? each.kill)?.call(each);
  });

  async function processes(count: number): Promise<ReplicaProcess[]> {
    const replicas = await ReplicaProcess.several(count);
    started.push(...replicas);
    balancer.names.set("app.test", ...replicas.map(({ address }) => address));
    return replicas;
  }

  /** A balancer that knows the replicas, each found to work. */
  async function start(
    replicas: { address: string; port: number }[],
    check: Partial<HealthCheckOptions> = {},
    more: Partial<ProxyRoute> = {},
  ): Promise<Probed> {
    const to = { host: "app.test", port: replicas[0]?.port ?? 0 };
    const healthCheck = { path: "/health", ...check } as HealthCheckOptions;
    const route: ProxyRoute = { name: "app", path: "/", to, timeouts: { read: 6 }, healthCheck, ...more };
    const probed = await Probed.start({ routes: [route], resolver: balancer.resolver, limits: { perClient: false } });
    started.push(probed);
    for (const { address } of replicas) await probed.turns(address, 1);
    await sleep(NAME_SECONDS * 1000);
    return probed;
  }

  const used = (outcomes: readonly Outcome[], address: string) => outcomes.filter(({ replica }) => replica === address).length;

  /** Waits until a replica answers again. */
  async function usedAgain(load: SteadyLoad, address: string, since: number): Promise<void> {
    for (const until = Date.now() + 20_000; used(load.since(since), address) === 0; await sleep(50)) {
      assert.ok(Date.now() < until, `${address} was not used again`);
    }
  }

  it("SIGKILL: no GET fails; the replica leaves, and is used again when it is back", async () => {
    const replicas = await processes(3);
    const [victim] = replicas as [ReplicaProcess];
    const probed = await start(replicas, { backoff: { max: 2 } });
    const load = new SteadyLoad(probed.nginx);
    await sleep(500);
    await victim.kill();
    const left = await probed.turns(victim.address, 0);
    await sleep(NAME_SECONDS * 1000);
    assert.match(probed.script.output, /127\.0\.1\.1 of app\.test:\d+ is left out: ECONNREFUSED/);
    started.push(await ReplicaProcess.start(victim.address, victim.port));
    await usedAgain(load, victim.address, left);
    assert.deepEqual(Object.keys(tally((await load.stop()).map(({ result }) => result))), ["200"]);
  });

  it("SIGSTOP: a replica that hangs gets no request once it is noticed, costs no GET, and is used again when it goes on", async () => {
    const replicas = await processes(3);
    const [victim] = replicas as [ReplicaProcess];
    const probed = await start(replicas, { backoff: { max: 2 } }, { strategy: "least-connections" });
    const load = new SteadyLoad(probed.nginx);
    await sleep(500);
    victim.signal("SIGSTOP");
    const left = await probed.turns(victim.address, 0);
    const out = left + NAME_SECONDS * 1000;
    await sleep(NAME_SECONDS * 1000 + 4000);
    const back = Date.now();
    victim.signal("SIGCONT");
    await usedAgain(load, victim.address, back);
    const outcomes = await load.stop();
    assert.deepEqual(Object.keys(tally(outcomes.map(({ result }) => result))), ["200"]);
    const meanwhile = outcomes.filter(({ at }) => at >= out && at < back);
    assert.ok(meanwhile.length > 100);
    assert.equal(Math.max(...meanwhile.map(({ took }) => took)) < SLOW_MS, true, "a request was still sent to the hung replica");
  });

  for (const mode of ["failing", "slow"] as const) {
    it(`${mode === "slow" ? "a slow replica" : "a replica that answers 500"} gets no request once it is noticed, and is used again`, async () => {
      const replicas = await processes(3);
      const [victim] = replicas as [ReplicaProcess];
      const probed = await start(replicas, { backoff: { max: 2 } });
      const load = new SteadyLoad(probed.nginx);
      await sleep(500);
      victim.behave(mode);
      const out = (await probed.turns(victim.address, 0)) + NAME_SECONDS * 1000;
      await sleep(NAME_SECONDS * 1000 + 2000);
      const back = Date.now();
      victim.behave("well");
      await usedAgain(load, victim.address, back);
      const outcomes = await load.stop();
      const meanwhile = outcomes.filter(({ at }) => at >= out && at < back);
      assert.ok(meanwhile.length > 50);
      assert.deepEqual(Object.keys(tally(meanwhile.map(({ result }) => result))), ["200"]);
      assert.equal(used(meanwhile, victim.address), 0);
      assert.match(probed.script.output, mode === "slow" ? /left out: no answer within 2 s/ : /left out: status 500/);
    });
  }

  const unwell: Handler = (request, response) => {
    response.statusCode = request.url === "/health" ? 503 : 200;
    response.end();
  };
  const well: Handler = (_request, response) => void response.end();

  it("asks a replica that fails after 1, 2, 4 and again 4 s, the cap, and then uses it again", async () => {
    const replicas = await balancer.replicas(2);
    const [victim] = replicas as [Replica, Replica];
    const probed = await start(replicas, { backoff: { initial: 1, max: 4 } });
    const times: number[] = [];
    victim.handler = (request, response, replica) => {
      if (request.url === "/health") times.push(performance.now());
      unwell(request, response, replica);
    };
    await probed.turns(victim.address, 0);
    const first = times.length - 1;
    for (const until = Date.now() + 25_000; times.length < first + 5 && Date.now() < until;) await sleep(100);
    const waits = times.slice(first + 1).map((time, index) => ((time - (times[first + index] ?? 0)) / 1000).toFixed(1));
    for (const [index, expected] of [1, 2, 4, 4].entries()) {
      const wait = Number(waits[index]);
      assert.ok(wait >= 0.85 * expected && wait <= expected + 1.5, `waited ${waits.join(", ")} s`);
    }
    victim.handler = well;
    await probed.turns(victim.address, 1);
    assert.equal(await probed.gauge("nginx_upstream_probe_backoff_seconds", victim.address), 0);
  });

  it("when every replica fails all are used; when one works again it alone is, and the others are asked at once", async () => {
    const replicas = await balancer.replicas(2, unwell);
    const [one, other] = replicas as [Replica, Replica];
    one.handler = other.handler = well;
    const probed = await start(replicas, { backoff: { initial: 2, max: 30 } });
    one.handler = other.handler = unwell;
    for (const { address } of replicas) await probed.turns(address, 0);
    await sleep(NAME_SECONDS * 1000);
    for (const replica of replicas) replica.seen.splice(0);
    const load = new SteadyLoad(probed.nginx);
    await sleep(1000);
    assert.deepEqual(Object.keys(tally((await load.stop()).map(({ result }) => result))), ["200"]);
    assert.ok(used(load.outcomes, one.address) > 0 && used(load.outcomes, other.address) > 0, "all should be used");
    assert.equal(await probed.gauge("nginx_upstream_fail_open"), 1);
    other.handler = one.handler = well;
    const first = await Promise.race(replicas.map(({ address }) => probed.turns(address, 1, 30)));
    for (const { address } of replicas) assert.ok((await probed.turns(address, 1)) - first < 2000, "the other was not asked at once");
    await sleep(NAME_SECONDS * 1000);
    assert.equal(await probed.gauge("nginx_upstream_fail_open"), 0);
  });

  it("a replica that leaves DNS leaves as soon as without probes, and a new one is used once it was found to work", async () => {
    const replicas = await balancer.replicas(3);
    const probed = await start(replicas.slice(0, 2));
    const load = new SteadyLoad(probed.nginx);
    balancer.names.set("app.test", "127.0.1.2", "127.0.1.3");
    const changed = Date.now();
    await usedAgain(load, "127.0.1.3", changed);
    await sleep(NAME_SECONDS * 1000);
    const outcomes = await load.stop();
    assert.equal(
      used(
        outcomes.filter(({ at }) => at > changed + NAME_SECONDS * 1000),
        "127.0.1.1",
      ),
      0,
    );
    assert.deepEqual(Object.keys(tally(outcomes.map(({ result }) => result))), ["200"]);
    assert.doesNotMatch(await probed.metrics(), /upstream="127\.0\.1\.1:/);
  });

  it("goes on without the prober, which is started again: killed, and also while it hangs", async () => {
    const replicas = await balancer.replicas(3);
    const [victim] = replicas as [Replica];
    const probed = await start(replicas, { backoff: { max: 2 } });
    victim.handler = (_request, response) => {
      response.statusCode = 503;
      response.end();
    };
    await probed.turns(victim.address, 0);
    const load = new SteadyLoad(probed.nginx);
    probed.signalProber("KILL");
    await probed.script.says(/it is started again/);
    await probed.turns(victim.address, 0);
    probed.signalProber("STOP");
    balancer.names.set("app.test", "127.0.1.3");
    const changed = Date.now();
    // One question is lost, then the platform's name server is asked.
    await sleep(10_000);
    probed.signalProber("CONT");
    const outcomes = await load.stop();
    assert.deepEqual(Object.keys(tally(outcomes.map(({ result }) => result))), ["200"]);
    const after = outcomes.filter(({ at }) => at > changed + 8000);
    assert.deepEqual(Object.keys(tally(after.map(({ replica }) => replica))), ["127.0.1.3"], "names were not asked of the platform");
  });

  it("goes on without the platform's name server, and still leaves out what fails", async () => {
    const replicas = await balancer.replicas(3);
    const [victim] = replicas as [Replica];
    const probed = await start(replicas, { backoff: { max: 2 } });
    balancer.names.silent = true;
    victim.handler = (_request, response) => {
      response.statusCode = 500;
      response.end();
    };
    const out = (await probed.turns(victim.address, 0)) + (NAME_SECONDS + 1) * 1000;
    await sleep((NAME_SECONDS + 1) * 1000);
    const load = new SteadyLoad(probed.nginx);
    await sleep(2000);
    const outcomes = (await load.stop()).filter(({ at }) => at >= out);
    assert.deepEqual(Object.keys(tally(outcomes.map(({ result }) => result))), ["200"]);
    assert.equal(used(outcomes, victim.address), 0);
  });

  it("takes another check while it runs", async () => {
    const replicas = await balancer.replicas(2);
    const probed = await start(replicas);
    const to = { host: "app.test", port: replicas[0]?.port ?? 0 };
    const write = (healthCheck: HealthCheckOptions | false) =>
      probed.nginx.write({ routes: [{ name: "app", path: "/", to, healthCheck }], resolver: balancer.resolver });
    write({ path: "/other" });
    for (const { seen } of replicas) seen.splice(0);
    await sleep(3000);
    assert.ok(replicas.every(({ seen }) => seen.includes("GET /other")));
    assert.equal((await ask(probed.nginx, "/")).status, 200);
    assert.doesNotMatch(probed.script.output, /started again/);
  });
});
