import assert from "node:assert/strict";
import fc from "fast-check";
import { FakeEngine } from "../targets/engine.fixture";
import { cpuPercent, cpuPoint, DockerStats, memoryInUse } from "./docker-stats";
import { Prometheus, readAnswer } from "./prometheus";

describe("docker stats", () => {
  it("leaves out the page cache of both cgroup versions", () => {
    assert.equal(memoryInUse({ memory_stats: { usage: 100, stats: { total_inactive_file: 30, inactive_file: 10 } } }), 70);
    assert.equal(memoryInUse({ memory_stats: { usage: 100, stats: { inactive_file: 40 } } }), 60);
    assert.equal(memoryInUse({ memory_stats: { usage: 100, stats: { inactive_file: 200 } } }), 100);
    assert.equal(memoryInUse({}), undefined);
  });

  it("measures CPU between two points, and not over a restart", () => {
    const point = (read: string, total_usage: number) => cpuPoint({ read, cpu_stats: { cpu_usage: { total_usage } } });
    const [a, b] = [point("2025-01-01T00:00:00Z", 1e9), point("2025-01-01T00:00:02Z", 2e9)];
    assert.ok(a && b);
    assert.equal(cpuPercent(a, b, 1e9), 50);
    assert.equal(cpuPercent(a, b, 0.25e9), 200);
    assert.equal(cpuPercent(undefined, b, 1e9), undefined);
    assert.equal(cpuPercent({ at: a.at, usage: 5e9 }, b, 1e9), undefined);
    assert.equal(cpuPercent(b, b, 1e9), undefined);
    assert.equal(cpuPoint({ read: "0001-01-01T00:00:00Z" }), undefined);
  });
});

describe("CPU of containers that start", () => {
  const id = "0123456789ab";
  const began = Date.parse("2025-01-01T00:00:00Z") / 1000;
  let engine: FakeEngine;
  /** Seconds since the start, and the CPU time used until then, seconds. */
  let now = { seconds: 0, used: 0 };
  let started: string | undefined;

  beforeEach(async () => {
    started = new Date(began * 1000).toISOString();
    engine = await FakeEngine.start(({ path }) => {
      if (path === `/containers/${id}/json`) return started === undefined ? undefined : { body: { State: { StartedAt: started } } };
      const read = new Date((began + now.seconds) * 1000).toISOString();
      return { body: { read, cpu_stats: { cpu_usage: { total_usage: now.used * 1e9 } }, memory_stats: { usage: 50, limit: 100 } } };
    });
  });
  afterEach(() => engine.stop());

  async function readings(...course: [seconds: number, used: number][]) {
    const stats = new DockerStats(engine.docker, () => now.seconds);
    const found = [];
    for (const [seconds, used] of course) {
      now = { seconds, used };
      const { cpu, cpuReporting, memoryReporting } = await stats.read([id], 1e9, undefined);
      assert.equal(memoryReporting, 1);
      assert.equal(cpuReporting, cpu === undefined ? 0 : 1);
      found.push(cpu);
    }
    return found;
  }

  it("does not count until it is 30 s old, and then only what it used after that", async () => {
    assert.deepEqual(await readings([5, 4], [20, 18], [30, 20], [40, 21]), [undefined, undefined, undefined, 10]);
    assert.deepEqual(engine.requests.filter((each) => each.endsWith("/json")).length, 1);
  });

  it("counts at once where it is old already, or nobody knows its age", async () => {
    assert.deepEqual(await readings([100, 50], [110, 55]), [undefined, 50]);
    started = undefined;
    assert.deepEqual(await readings([1, 1], [11, 6]), [undefined, 50]);
    started = "0001-01-01T00:00:00Z";
    assert.deepEqual(await readings([1, 1], [11, 6]), [undefined, 50]);
  });
});

describe("Prometheus", () => {
  const vector = (...values: [number, string][]) => ({
    status: "success",
    data: { resultType: "vector", result: values.map((value) => ({ metric: {}, value })) },
  });

  it("adds up series and knows their age", () => {
    assert.deepEqual(readAnswer(vector([100, "3"], [95, "4.5"]), 105), { value: 7.5, age: 10 });
    assert.deepEqual(readAnswer({ status: "success", data: { resultType: "scalar", result: [100, "3"] } }, 100), { value: 3, age: 0 });
  });

  it("has no data, never zero, for nothing, NaN, an error or an old value", () => {
    for (const answer of [
      vector(),
      vector([100, "NaN"]),
      vector([100, "+Inf"]),
      vector([20, "3"]),
      { status: "error", error: "parse error" },
      null,
      "",
      { status: "success" },
    ]) {
      assert.ok("problem" in readAnswer(answer, 100), JSON.stringify(answer));
    }
    fc.assert(fc.property(fc.jsonValue(), (answer) => "problem" in readAnswer(answer, 100)));
  });

  it("reports a server that is not there", async () => {
    const result = await new Prometheus("http://127.0.0.1:9/").query("up");
    assert.ok("problem" in result && /does not answer/.test(result.problem));
  });
});
