import assert from "node:assert/strict";
import fc from "fast-check";
import {
  convergeSeconds,
  DEFAULT_TIMING,
  initialReplicas,
  MONITOR_MARGIN_SECONDS,
  mostReplicas,
  secondsToUnhealthy,
  shortestMonitor,
  stopOf,
  timingOf,
  updateOf,
} from "./defaults";
import { soundWorkload } from "./fixture.spec";
import type { Probe } from "./types";
import { validate } from "./validate";

const probe = (timing: object = {}): Probe => ({ tcp: { port: "http" }, ...timing });

describe("defaults", () => {
  it("checks every 30 s, 10 s long, 3 times, 60 s after the start", () => {
    assert.deepEqual(DEFAULT_TIMING, { interval: 30, timeout: 10, retries: 3, startPeriod: 60 });
    assert.deepEqual(timingOf(probe()), DEFAULT_TIMING);
    assert.deepEqual(timingOf(probe({ startPeriod: 0, interval: 2 })), { interval: 2, timeout: 10, retries: 3, startPeriod: 0 });
  });

  it("knows a replica as unhealthy after retries × (interval + timeout)", () => {
    assert.equal(secondsToUnhealthy(probe()), 120);
    assert.equal(secondsToUnhealthy(probe({ interval: 2, timeout: 2, retries: 3 })), 12);
    assert.equal(shortestMonitor(probe({ interval: 2, timeout: 2, retries: 3 })), 12 + MONITOR_MARGIN_SECONDS);
  });

  it("replaces services start-first and stateful workloads stop-first, one at a time, rolled back", () => {
    assert.deepEqual(updateOf(soundWorkload()), { order: "start-first", parallelism: 1, delay: 0, monitor: 125, failure: "rollback" });
    assert.equal(updateOf(soundWorkload({ kind: "stateful" })).order, "stop-first");
    assert.deepEqual(
      updateOf(soundWorkload({ update: { order: "stop-first", parallelism: 2, delay: 3, monitor: 200, failure: "pause" } })),
      { order: "stop-first", parallelism: 2, delay: 3, monitor: 200, failure: "pause" },
    );
  });

  it("stops by SIGTERM, with 25 s after the drain", () => {
    assert.deepEqual(stopOf(soundWorkload()), { drain: 0, grace: 25, signal: "SIGTERM" });
    assert.deepEqual(stopOf(soundWorkload({ stop: { drain: 10 } })), { drain: 10, grace: 35, signal: "SIGTERM" });
    assert.deepEqual(stopOf(soundWorkload({ stop: { grace: 3, signal: "SIGINT" } })), { drain: 0, grace: 3, signal: "SIGINT" });
  });

  it("starts at the fixed number or the lower bound and ends at the upper", () => {
    assert.deepEqual([initialReplicas(soundWorkload()), mostReplicas(soundWorkload())], [2, 2]);
    const scaled = soundWorkload({ scale: { min: 2, max: 7 } });
    assert.deepEqual([initialReplicas(scaled), mostReplicas(scaled)], [2, 7]);
  });

  it("gives an update time for every batch, forward and back", () => {
    const live = probe({ interval: 2, timeout: 2, retries: 3, startPeriod: 20 });
    const workload = soundWorkload({ health: { live }, stop: { drain: 5, grace: 30 }, scale: { replicas: 3 } });
    // A batch: start period 20 + 12 to be found unhealthy + monitor 17 + grace 30 = 79 s.
    assert.equal(convergeSeconds(workload), 2 * 3 * 79 + 60);
    assert.equal(convergeSeconds({ ...workload, update: { parallelism: 2 } }), 2 * 2 * 79 + 60);
  });

  const timings = fc.record({
    interval: fc.integer({ min: 1, max: 120 }),
    timeout: fc.integer({ min: 1, max: 60 }),
    retries: fc.integer({ min: 1, max: 10 }),
    startPeriod: fc.nat(300),
  });

  it("never makes a workload unsound, and the update ends after its monitor, whatever the health timing", () => {
    fc.assert(
      fc.property(timings, fc.integer({ min: 4, max: 300 }), fc.nat(20), (timing, drain, replicas) => {
        const workload = soundWorkload({ health: { live: probe(timing) }, stop: { drain }, scale: { replicas } });
        assert.deepEqual(validate("x", workload), []);
        assert.ok(convergeSeconds(workload) > updateOf(workload).monitor + stopOf(workload).grace);
      }),
    );
  });
});
