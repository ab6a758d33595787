import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULTS } from "../core/policy";
import { settingsSchema } from "../config/settings";
import { policyOf } from "../config/policy";
import { ALGORITHMS } from "./algorithms";
import { simulatedPolicy } from "./algorithms/ours";
import { bounds, run, type ModelOptions } from "./model";
import { normal, seededRandom } from "./random";
import { simulate } from "./report";
import { parseTime, parseTrace, type Replay } from "./trace";

const file = ["../bench", "../../bench"]
  .map((up) => join(__dirname, "..", up, "autoscaler/traces/worldcup98/requests-per-minute.csv"))
  .find((path) => existsSync(path));

function ticks(seconds: number, rate: (time: number) => number): Replay {
  const length = seconds / 5;
  return { start: 0, load: Float64Array.from({ length }, (_, index) => rate(index * 5)), missing: new Uint8Array(length) };
}
function score(algorithm: string, trace: Replay, options: ModelOptions = {}) {
  const make = ALGORITHMS[algorithm];
  assert.ok(make, algorithm);
  return run(trace, make(bounds(options.capacity)), options);
}
function coverSeconds(algorithm: string): number {
  const { course } = score(
    algorithm,
    ticks(1800, (time) => (time >= 600 ? 980 : 100)),
  );
  return course.ready.findIndex((ready, tick) => tick >= 120 && ready * 100 >= 980) * 5 - 600;
}

describe("simulation: World Cup 1998", function () {
  this.timeout(60_000);
  before(function () {
    if (file === undefined) {
      console.log("        skipped: the trace is in the repository's bench folder, which is not part of the package");
      this.skip();
    }
  });
  const trace = () => parseTrace(readFileSync(file as string, "utf8"));
  const flash = { from: parseTime("1998-05-12 05:00") as number, to: parseTime("1998-05-12 09:00") as number };
  const finals = { from: parseTime("1998-07-11") as number, to: parseTime("1998-07-13") as number };

  it("gives the public algorithms their known results in the flash crowd", () => {
    const world = trace();
    const known: [string, number, number][] = [
      ["hpa-rps", 0.66, 2.71],
      ["hpa-cpu", 1.32, 2.67],
      ["kpa", 1.6, 2.31],
    ];
    for (const [algorithm, over, mean] of known) {
      const { report } = simulate("worldcup98", world, { ...flash, algorithm });
      assert.ok(Math.abs(report.overCapacityPercent - over) < 0.01, `${algorithm} over ${report.overCapacityPercent}`);
      assert.ok(Math.abs(report.meanReplicas - mean) < 0.01, `${algorithm} mean ${report.meanReplicas}`);
    }
  });

  it("loses at most 0.05 % in the flash crowd with no more replicas than Kubernetes", () => {
    const { report } = simulate("worldcup98", trace(), flash);
    assert.ok(report.overCapacityPercent <= 0.05, `${report.overCapacityPercent}`);
    assert.ok(report.meanReplicas <= 2.71, `${report.meanReplicas}`);
  });

  it("saturates nothing in the finals, with fewer replicas and reversals than Kubernetes, also with noise and lag", () => {
    const world = trace();
    for (const options of [{}, { noise: 1 }, { lag: 10 }]) {
      const { report } = simulate("worldcup98", world, { ...finals, ...options });
      assert.equal(report.saturatedPercent, 0);
      assert.ok(report.meanReplicas <= report.oracleMeanReplicas, `${report.meanReplicas} of ${report.oracleMeanReplicas}`);
      assert.ok(report.reversals <= 23, `${report.reversals}`);
    }
  });
});

describe("simulation: made loads", function () {
  this.timeout(60_000);

  it("covers a step within 25 s where Kubernetes takes 35 s, and overshoots by at most 15 %", () => {
    assert.deepEqual(
      ["hpa-rps", "hpa-cpu", "kpa"].map((algorithm) => coverSeconds(algorithm)),
      [35, 125, 20],
    );
    assert.ok(coverSeconds("ours") <= 25);
    const { totals } = score(
      "ours",
      ticks(1800, (time) => (time >= 600 ? 980 : 100)),
    );
    assert.ok(totals.peakReplicas <= 14 * 1.15, `${totals.peakReplicas}`);
  });

  it("reaches no higher than Kubernetes on one false sample", () => {
    for (const base of [30, 100, 300, 500]) {
      for (const at of [1200, 1205, 1210]) {
        const load = ticks(3600, (time) => (time === at ? base * 10 : base));
        assert.ok(score("ours", load).totals.peakReplicas <= score("hpa-rps", load).totals.peakReplicas, `${base} at ${at}`);
      }
    }
  });

  it("does nothing for 24 h of constant load with 5 % noise, once settled", () => {
    for (const base of [105, 150, 225, 333, 477, 1000]) {
      const random = seededRandom(base);
      const { course } = score(
        "ours",
        ticks(86_400, () => base * (1 + 0.05 * normal(random))),
      );
      const settled = course.desired.slice(720);
      assert.ok(
        settled.every((count) => count === settled[0]),
        `base ${base}`,
      );
    }
  });

  it("holds Poisson arrivals without losing many", () => {
    for (const capacity of [10, 100]) {
      const { totals } = score(
        "ours",
        ticks(86_400, () => 50),
        { noise: 1, capacity },
      );
      assert.ok(
        totals.meanReplicas <= 1.05 * totals.oracleMeanReplicas,
        `${capacity}: ${totals.meanReplicas} of ${totals.oracleMeanReplicas}`,
      );
    }
    for (const capacity of [0.8, 1, 1.4]) {
      const { totals } = score(
        "ours",
        ticks(86_400, () => 5),
        { noise: 1, capacity },
      );
      assert.ok(totals.meanReplicas <= 1.4 * totals.oracleMeanReplicas, `${totals.meanReplicas}`);
      assert.ok(totals.overCapacityPercent <= 0.4, `${totals.overCapacityPercent}`);
    }
  });

  it("simulates what the daemon ships", () => {
    const { min, max, signals, ...simulated } = simulatedPolicy(bounds());
    const { min: daemonMin, max: daemonMax, signals: daemonSignals, ...daemon } = policyOf(settingsSchema.parse({}), {}, 0);
    assert.deepEqual(simulated, daemon);
    assert.deepEqual([daemonMin, daemonMax, min, max], [DEFAULTS.min, DEFAULTS.max, 2, 60]);
    assert.deepEqual(signals, [{ name: "requests", kind: "rate", target: 70 }]);
    assert.deepEqual(
      daemonSignals.map((signal) => [signal.name, signal.target]),
      [
        ["cpu", 70],
        ["memory", 80],
      ],
    );
  });
});
