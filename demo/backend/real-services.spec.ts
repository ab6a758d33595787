import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Run } from "./runs";
import { Replica } from "./testing/replica";
import { findPrograms, Services, until } from "./testing/services";

describe("the backend with a real PostgreSQL and Redis", function () {
  this.timeout(120_000);
  let services: Services;
  let replicas: Replica[] = [];

  before(async function () {
    this.timeout(300_000);
    const programs = findPrograms();
    if (typeof programs === "string") {
      console.log(`      skipped: ${programs}`);
      return this.skip();
    }
    services = new Services(programs);
    await services.start();
  });
  after(() => services?.stop());
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.stop("SIGKILL")));
    replicas = [];
  });

  function replica(environment: Record<string, string> = {}): Replica {
    const made = new Replica({ ...services.environment, DRAIN_SECONDS: "0", ...environment });
    replicas.push(made);
    return made;
  }

  async function createRun(on: Replica, name: string): Promise<Run> {
    const response = await on.post("/api/runs", { name });
    assert.equal(response.status, 201);
    return (await response.json()) as Run;
  }

  it("migrates once when several replicas start at the same time", async () => {
    const three = [replica(), replica(), replica()];
    await Promise.all(three.map(async (one) => (await one.start()).ready()));
    const migrated = three.flatMap(({ log }) => log.filter(({ msg }) => msg === "schema migrated"));
    assert.equal(migrated.length, 1, "exactly one replica runs the migrations of an empty database");
    assert.deepEqual(migrated[0]?.migrations, ["20260101000000000_runs", "20260102000000000_run_finished_at"]);
  });

  it("stores a run in PostgreSQL and reads it through Redis", async () => {
    const [one, other] = [await (await replica().start()).ready(), await (await replica().start()).ready()];
    const run = await createRun(one, "Überprüfung ✓");
    assert.equal(run.name, "Überprüfung ✓");
    const first = await one.get(`/api/runs/${run.id}`);
    assert.equal(first.headers.get("x-cache"), "miss");
    assert.deepEqual(await first.json(), run);
    const second = await other.get(`/api/runs/${run.id}`);
    assert.equal(second.headers.get("x-cache"), "hit", "the cache is shared by the replicas");
    assert.deepEqual(await second.json(), run);
    const { runs } = await other.json<{ runs: Run[] }>("/api/runs?limit=1");
    assert.deepEqual(runs, [run]);
  });

  it("refuses what is no run, no job and no time", async () => {
    const one = await (await replica().start()).ready();
    for (const body of [
      {},
      { name: "" },
      { name: "  " },
      { name: "a\u0000b" },
      { name: "x".repeat(201) },
      { name: 7 },
      { name: "x", more: 1 },
    ]) {
      assert.equal((await one.post("/api/runs", body)).status, 400, JSON.stringify(body));
    }
    for (const body of [{ runId: "-1" }, { runId: "9223372036854775808" }, { milliseconds: 1e6 }, { milliseconds: "1" }]) {
      assert.equal((await one.post("/api/jobs", body)).status, 400, JSON.stringify(body));
    }
    for (const path of ["/api/runs?limit=0", "/api/runs?limit=101", "/api/burn?ms=0", "/api/burn?ms=10001", "/api/burn?ms=x"]) {
      assert.equal(await one.status(path), 400, path);
    }
    for (const path of ["/api/runs/0", "/api/runs/999999999", "/api/runs/9223372036854775808", "/api/runs/x", "/api/jobs/999999"]) {
      assert.equal(await one.status(path), 404, path);
    }
  });

  it("executes a job, which finishes its run, and shows the depth of the queue", async () => {
    const one = await (await replica().start()).ready();
    const run = await createRun(one, "queued");
    await one.status(`/api/runs/${run.id}`);
    const response = await one.post("/api/jobs", { runId: run.id, milliseconds: 500 });
    assert.equal(response.status, 202);
    const { id } = (await response.json()) as { id: string };
    await until("an active job in the metrics", async () =>
      /testbro_queue_jobs\{queue="runs",state="active",[^}]*\} 1/.test(await one.metrics()) ? true : undefined,
    );
    const job = await until("the end of the job", async () => {
      const found = await one.json(`/api/jobs/${id}`);
      return found.state === "completed" ? found : undefined;
    });
    assert.ok((job.result as { milliseconds: number }).milliseconds >= 499);
    const finished = await one.json<Run>(`/api/runs/${run.id}`);
    assert.equal(finished.status, "passed", "the cache forgot the old row");
    assert.notEqual(finished.finished_at, null);
  });

  it("lets the queue grow beyond what it executes at a time", async () => {
    const one = await (await replica().start()).ready();
    await Promise.all(Array.from({ length: 10 }, () => one.post("/api/jobs", { milliseconds: 1000 })));
    await until("waiting jobs in the metrics", async () =>
      /testbro_queue_jobs\{queue="runs",state="waiting",[^}]*\} [1-9]/.test(await one.metrics()) ? true : undefined,
    );
  });

  it("answers health checks while it burns CPU", async () => {
    const one = await (await replica().start()).ready();
    const burns = Promise.all([1, 2, 3].map(() => one.json<{ took: number }>("/api/burn?ms=700")));
    let slowest = 0;
    for (let asked = 0; asked < 10; asked++) {
      const started = performance.now();
      assert.equal(await one.status("/health"), 200);
      slowest = Math.max(slowest, performance.now() - started);
    }
    const took = (await burns).map((burn) => burn.took);
    assert.ok(Math.max(...took) >= 2000, `three times 700 ms of CPU on one thread take 2.1 s, not ${took.join(", ")} ms`);
    assert.ok(slowest < 500, `a health check took ${Math.round(slowest)} ms`);
  });

  it("says over the WebSocket which replica serves it, and echoes", async () => {
    const one = await (await replica().start()).ready();
    const { replica: name } = await one.json<{ replica: string }>("/api/whoami");
    const socket = new WebSocket(`${one.base.replace("http", "ws")}/ws`);
    const next = async () => JSON.parse(String((await once(socket, "message"))[0])) as unknown;
    assert.deepEqual(await next(), { type: "hello", replica: name, version: "development" });
    socket.send("hello ✓");
    assert.deepEqual(await next(), { type: "echo", replica: name, message: "hello ✓" });
    assert.match(await one.metrics(), /testbro_websocket_connections\{[^}]*\} 1/);
    socket.terminate();
    const refused = new WebSocket(`${one.base.replace("http", "ws")}/elsewhere`);
    const [error] = (await once(refused, "error")) as [Error];
    assert.match(error.message, /404/);
  });

  it("drains on SIGTERM: unready at once, serving on, sockets told to reconnect, open requests finished, exit 0", async () => {
    const one = await (await replica({ DRAIN_SECONDS: "2" }).start()).ready();
    const socket = new WebSocket(`${one.base.replace("http", "ws")}/ws`);
    await once(socket, "message");
    const closed = once(socket, "close") as Promise<[number]>;
    const started = performance.now();
    const exit = one.stop("SIGTERM");
    const [reason] = await one.notReady();
    assert.match(reason ?? "", /draining/);
    assert.ok(performance.now() - started < 1000);
    const served = await one.post("/api/runs", { name: "during the drain" });
    assert.equal(served.status, 201);
    assert.equal(served.headers.get("connection"), "close");
    assert.equal(await one.status("/health"), 200, "a draining replica is live");
    const [code] = await closed;
    assert.equal(code, 1001);
    // More CPU time than the drain has left: it ends after the listening socket is gone.
    const open = one.json<{ burnt: number }>("/api/burn?ms=1500");
    assert.equal((await open).burnt, 1500);
    assert.equal(await exit, 0);
    assert.ok(performance.now() - started >= 2000);
    await assert.rejects(one.get("/health"));
  });

  it("starts and lives without Redis, says why it is not ready, and recovers", async () => {
    await services.killRedis();
    const one = await replica().start();
    const reasons = await until("the loss of Redis alone", async () => {
      const found = await one.notReady();
      return found.length === 1 ? found : undefined;
    });
    assert.match(reasons.join(), /^Redis: .*ECONNREFUSED/);
    assert.equal(await one.status("/health"), 200);
    const run = await createRun(one, "without the cache");
    const read = await one.get(`/api/runs/${run.id}`);
    assert.equal(read.status, 200, "a run is read from PostgreSQL when there is no cache");
    const job = await one.post("/api/jobs", {});
    assert.equal(job.status, 503);
    assert.equal(job.headers.get("retry-after"), "1");
    const metrics = await one.metrics();
    assert.match(metrics, /testbro_redis_up\{[^}]*\} 0/);
    assert.doesNotMatch(metrics, /testbro_queue_jobs\{/, "an unknown depth is no number");
    await services.startRedis();
    await one.ready();
    assert.equal((await one.post("/api/jobs", { milliseconds: 0 })).status, 202);
  });

  it("keeps jobs over a crash of Redis and executes them afterwards", async () => {
    const one = await (await replica().start()).ready();
    const { id } = (await (await one.post("/api/jobs", { milliseconds: 3000 })).json()) as { id: string };
    // Longer than the second between two flushes of the append-only file.
    await sleep(1500);
    await services.killRedis();
    await one.notReady();
    await services.startRedis();
    await one.ready();
    await until("the end of the job", async () => ((await one.json(`/api/jobs/${id}`)).state === "completed" ? true : undefined), 50);
    const { id: next } = (await (await one.post("/api/jobs", { milliseconds: 0 })).json()) as { id: string };
    await until("the end of the next job", async () => ((await one.json(`/api/jobs/${next}`)).state === "completed" ? true : undefined));
  });

  it("starts and lives without PostgreSQL, says why it is not ready, and recovers with its data", async () => {
    const before = await (await replica().start()).ready();
    const run = await createRun(before, "before the outage");
    await before.status(`/api/runs/${run.id}`);
    await services.killPostgres();
    const started = await replica().start();
    for (const one of [before, started]) {
      const reasons = await until("the loss of PostgreSQL alone", async () => {
        const found = await one.notReady();
        return found.length === 1 ? found : undefined;
      });
      assert.match(reasons.join(), /^PostgreSQL: /);
      assert.equal(await one.status("/health"), 200);
      assert.equal((await one.post("/api/runs", { name: "x" })).status, 503);
      assert.equal(await one.status("/api/runs"), 503);
      const cached = await one.get(`/api/runs/${run.id}`);
      assert.equal(cached.headers.get("x-cache"), "hit", "what is in the cache is still served");
    }
    await services.startPostgres();
    for (const one of [before, started]) {
      await one.ready();
      assert.equal((await one.json<{ runs: Run[] }>("/api/runs?limit=1")).runs[0]?.name, "before the outage");
      assert.equal(one.child.exitCode, null, "nothing was restarted");
    }
  });

  it("asks a missing server at growing distances", async () => {
    await services.killRedis();
    const one = await replica({ LOG_LEVEL: "debug" }).start();
    await sleep(3000);
    await services.startRedis();
    await one.ready();
    const errors = one.log.filter(({ msg }) => msg === "Redis cannot be used").length;
    assert.equal(errors, 1, "an outage is one line of the log, not one an attempt");
  });

  it("acts out a crash and a failing health check", async () => {
    const crashing = await replica({ FAULT: "crash-after:1.5" }).start();
    assert.equal(await new Promise((resolve) => crashing.child.once("exit", resolve)), 1);
    assert.match(crashing.output, /crashing on purpose: FAULT=crash-after:1\.5/);
    const sick = await replica({ FAULT: "never-healthy" }).start();
    assert.equal(await sick.status("/health"), 500);
    assert.equal(await sick.status("/api/whoami"), 200);
  });

  it("ends with one clear message when its environment is wrong", async () => {
    const wrong = await replica({ DATABASE_PORT: "fast", REDIS_PASSWORD_FILE: "/nowhere", DRAIN_SECONDS: "-1" }).spawn();
    assert.equal(await new Promise((resolve) => wrong.child.once("close", resolve)), 1);
    const message = [
      "The service cannot start with this environment:",
      '  - DRAIN_SECONDS is "-1": use a number from 0 to 300',
      '  - DATABASE_PORT is "fast": use a whole number from 1 to 65535',
      '  - REDIS_PASSWORD_FILE is "/nowhere", which cannot be read (ENOENT): mount a file with the Redis user\'s password there',
      "",
    ].join("\n");
    assert.equal(wrong.output, message);
  });
});
