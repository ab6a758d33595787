import assert from "node:assert/strict";
import fc from "fast-check";
import { cpuPercent, cpuPoint, memoryInUse } from "./docker-stats";
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
