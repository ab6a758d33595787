import assert from "node:assert/strict";
import fc from "fast-check";
import { parseTime, parseTrace, replay, TraceError } from "./trace";

describe("traces", () => {
  it("interpolates periods longer than a tick and scales to the peak", () => {
    const { load } = replay(parseTrace("period,count\n0,60\n60,600\n120,600\n"), { peak: 100 });
    assert.equal(load[0], 10);
    assert.equal(load[6], 55);
    assert.equal(load[12], 100);
  });

  it("averages periods shorter than a tick", () => {
    const rows = Array.from({ length: 10 }, (_, index) => `${index},${index}`).join("\n");
    assert.deepEqual([...replay(parseTrace(`period,count\n${rows}`), { peak: 0 }).load], [2, 7]);
  });

  it("marks missing rows, so that no algorithm takes them for low load", () => {
    const { missing } = replay(parseTrace("period,count\n0,1\n60,1\n120,1\n600,1\n660,1\n"), { peak: 0 });
    assert.equal(missing[24], 0);
    assert.equal(missing[60], 1);
    assert.equal(missing[120], 0);
  });

  it("names the line and the fix of bad rows, all at once", () => {
    assert.throws(
      () => parseTrace("period,count\n1998-02-30 00:00:00,4\n1998-05-01 00:00:00,-4\nsoon,1\n"),
      (error: TraceError) =>
        error.problems.length === 3 && /line 2.*1998-02-30/.test(error.problems[0] ?? "") && /line 3.*-4/.test(error.problems[1] ?? ""),
    );
    assert.throws(() => parseTrace("time,requests\n1,2"), /header "period,count"/);
    assert.throws(() => replay(parseTrace("period,count\n0,1\n60,1\n"), { from: 5000 }), TraceError);
    assert.throws(() => replay(parseTrace("period,count\n0,1\n60,1\n"), { from: 60, to: 0 }), TraceError);
  });

  it("answers any text with a trace or a TraceError", () => {
    const row = fc.oneof(
      fc.string(),
      fc.tuple(fc.double(), fc.double()).map((pair) => pair.join(",")),
      fc.tuple(fc.nat(1e9), fc.nat()).map((pair) => pair.join(",")),
    );
    fc.assert(
      fc.property(fc.constantFrom("period,count", "x"), fc.array(row), (header, rows) => {
        try {
          const trace = parseTrace([header, ...rows].join("\n"));
          assert.ok(trace.times.every((time, index) => index === 0 || time > (trace.times[index - 1] as number)));
          assert.ok(trace.rates.every((rate) => rate >= 0));
        } catch (error) {
          assert.ok(error instanceof TraceError, String(error));
        }
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => Number.isFinite(parseTime(text) ?? 0)));
  });
});
