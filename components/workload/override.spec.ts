import assert from "node:assert/strict";
import fc from "fast-check";
import { soundWorkload } from "./fixture.spec";
import { metricsTarget } from "./metrics";
import { overrideWorkload } from "./override";
import type { Probe, Ref } from "./types";

describe("overrideWorkload", () => {
  it("gives the base back when there is nothing to override", () => {
    const base = soundWorkload();
    assert.equal(overrideWorkload(base, undefined), base);
    assert.deepEqual(overrideWorkload(base, {}), base);
  });

  it("lays single fields over nested ones", () => {
    const merged = overrideWorkload(soundWorkload({ env: { A: "1", B: "2" } }), {
      env: { B: "3" },
      resources: { limits: { memory: "1Gi" } },
    });
    assert.deepEqual(merged.env, { A: "1", B: "3" });
    assert.deepEqual(merged.resources, { limits: { cpu: 1, memory: "1Gi" }, reservations: { cpu: "250m", memory: "256Mi" } });
  });

  it("replaces the scale whole, so that a fixed number does not keep the bounds", () => {
    const scaled = soundWorkload({ scale: { min: 2, max: 10, cpu: 70 } });
    assert.deepEqual(overrideWorkload(scaled, { scale: { replicas: 3 } }).scale, { replicas: 3 });
    assert.deepEqual(overrideWorkload(soundWorkload(), { scale: { min: 1, max: 2 } }).scale, { min: 1, max: 2 });
  });

  const asks: Probe[] = [{ http: { port: "http", path: "/" } }, { tcp: { port: "http" } }, { exec: ["true"] }];
  for (const before of asks) {
    for (const after of asks) {
      const [from] = Object.keys(before);
      const [to] = Object.keys(after);
      it(`a probe by ${from} overridden by ${to} asks one way only and keeps its timing`, () => {
        const base = soundWorkload({ health: { live: { ...before, interval: 7, retries: 9 } } });
        const { live } = overrideWorkload(base, { health: { live: { ...after, retries: 4 } } }).health;
        assert.deepEqual(live, { ...after, interval: 7, retries: 4 });
      });
    }
  }

  it("overrides only the timing of a probe, one field of its question, and adds a probe that was not there", () => {
    const base = soundWorkload();
    assert.deepEqual(overrideWorkload(base, { health: { live: { interval: 2 } } }).health.live, { ...base.health.live, interval: 2 });
    assert.deepEqual(overrideWorkload(base, { health: { live: { http: { path: "/live" } } } }).health.live, {
      http: { port: "http", path: "/live" },
    });
    assert.deepEqual(overrideWorkload(base, { health: { ready: { tcp: { port: "http" } } } }).health, {
      ...base.health,
      ready: { tcp: { port: "http" } },
    });
  });

  it("changes neither argument, and a second time changes nothing", () => {
    const plain = { noNullPrototype: true };
    const overrides = fc.record(
      {
        env: fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { noNullPrototype: true }),
        scale: fc.oneof(fc.record({ replicas: fc.nat(9) }, plain), fc.record({ min: fc.nat(3), max: fc.nat(9) }, plain)),
        health: fc.record({ live: fc.record({ interval: fc.nat(60) }, plain) }, plain),
        stop: fc.record({ drain: fc.nat(60), grace: fc.nat(60) }, { requiredKeys: [], ...plain }),
      },
      { requiredKeys: [], ...plain },
    );
    fc.assert(
      fc.property(overrides, (given) => {
        const base = soundWorkload({ env: { A: "1" } });
        const before = structuredClone([base, given]);
        const once = overrideWorkload(base, given);
        assert.deepEqual([base, given], before);
        assert.deepEqual(overrideWorkload(once, given), once);
      }),
    );
  });
});

describe("metricsTarget", () => {
  const ref: Ref = { name: "x", fullName: "testbro-x", host: "testbro-x", ports: { metrics: 9464 }, segment: "edge" };
  const ports = [{ name: "metrics", container: 9464 }];

  it("is there only for a workload that serves metrics", () => {
    assert.equal(metricsTarget("app", ref, soundWorkload()), undefined);
    assert.deepEqual(metricsTarget("app", ref, soundWorkload({ ports, metrics: { port: "metrics" }, scale: { replicas: 3 } })), {
      tier: "app",
      ref,
      port: "metrics",
      minimum: 3,
    });
  });

  it("takes the auto-scaler's lower bound as minimum and keeps an own path", () => {
    const workload = soundWorkload({ ports, metrics: { port: "metrics", path: "/m" }, scale: { min: 2, max: 10 } });
    assert.deepEqual(metricsTarget("app", ref, workload), { tier: "app", ref, port: "metrics", path: "/m", minimum: 2 });
  });
});
