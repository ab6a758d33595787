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

  it("names what is wrong with any file, and replays any part of a good one or says why not", () => {
    const cell = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("", "-1", "1e999", "NaN", "0x1", "1998-02-30 00:00:00", "1998-05-12 25:00:00", "9".repeat(400), "1,2", "\u0000"),
      fc.integer().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    const put = (work: () => unknown, reason: RegExp) => {
      try {
        work();
      } catch (error) {
        assert.ok(error instanceof TraceError && error.problems.length > 0, String(error));
        for (const problem of error.problems) assert.match(problem, reason);
      }
    };
    const bad = /^line \d+.*(write|starts with the header|does not come after)|^the trace has \d+ rows; at least two|^line \d+ is /s;
    fc.assert(
      fc.property(fc.oneof(fc.constant("period,count"), cell), fc.array(fc.tuple(cell, cell), { maxLength: 12 }), (header, rows) =>
        put(() => parseTrace([header, ...rows.map((row) => row.join(","))].join("\n")), bad),
      ),
      { numRuns: 400 },
    );
    const rows = fc
      .uniqueArray(fc.integer({ min: 0, max: 5000 }), { minLength: 2, maxLength: 20 })
      .map((times) => times.sort((a, b) => a - b));
    const number = fc.oneof(
      fc.constant(undefined),
      fc.integer({ min: -10_000, max: 10_000 }),
      fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
    );
    fc.assert(
      fc.property(rows, number, number, fc.integer({ min: 0, max: 2000 }), (times, from, to, peak) => {
        const trace = parseTrace(`period,count\n${times.map((time) => `${time},${time % 7}`).join("\n")}`);
        const options = { peak, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
        put(() => {
          const { load } = replay(trace, options);
          assert.ok(load.length > 0 && load.every((rate) => rate >= 0 && Number.isFinite(rate)));
        }, /--from .* is not before --to |the trace covers|choose --from and --to/);
      }),
      { numRuns: 300 },
    );
  });
});
