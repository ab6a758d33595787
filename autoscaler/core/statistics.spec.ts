import assert from "node:assert/strict";
import { normal, seededRandom } from "../simulate/random";
import { levelOf, noiseOf, rampOf, type Sample } from "./statistics";

const series = (length: number, value: (index: number) => number): Sample[] =>
  Array.from({ length }, (_, index) => ({ time: index * 5, value: value(index) }));
const last = (samples: Sample[]) => (samples[samples.length - 1] as Sample).value;

describe("statistics", () => {
  it("takes a ramp, a step and one false sample for no noise", () => {
    assert.ok(noiseOf(series(60, (i) => 10 * i)) < 1e-9);
    assert.equal(noiseOf(series(60, (i) => (i < 30 ? 100 : 900))), 0);
    assert.equal(noiseOf(series(60, (i) => (i === 40 ? 1000 : 100))), 0);
  });

  it("estimates the standard deviation of noise within a third, on a ramp too", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const noise = noiseOf(series(60, (i) => 500 + 4 * i + 25 * normal(random)));
      assert.ok(Math.abs(noise - 25) < 25 / 3 + 3, `${noise}`);
    }
  });

  it("reads the slope of a ramp exactly, and none from a step or after the ramp's end", () => {
    const ramp = series(24, (i) => 100 + 15 * i);
    assert.ok(Math.abs(rampOf(ramp, last(ramp), 0).slope - 3) < 1e-9);
    for (let age = 1; age <= 30; age++) {
      const step = series(60, (i) => (i < 60 - age ? 100 : 980));
      assert.equal(rampOf(step, age === 1 ? 393 : 980, 0).slope, 0, `age ${age}`);
    }
    const ended = series(24, (i) => 100 + 15 * Math.min(i, 20));
    assert.equal(rampOf(ended, last(ended), 0).slope, 0);
  });

  it("follows a change that two samples confirm and smooths what is noise", () => {
    const random = seededRandom(3);
    const steady = series(60, () => 500 + 25 * normal(random));
    assert.ok(Math.abs(levelOf(steady, last(steady), 25) - 500) < 15);
    const stepped = series(60, (i) => (i < 58 ? 500 : 700));
    assert.ok(levelOf(stepped, 700, 25) > 600);
    assert.equal(
      levelOf(
        series(60, (i) => (i < 57 ? 500 : 700)),
        700,
        25,
      ),
      700,
    );
  });
});
