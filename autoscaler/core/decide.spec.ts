import assert from "node:assert/strict";
import fc from "fast-check";
import { decide, type Decision } from "./decide";
import { EMPTY_MEMORY, type Memory } from "./memory";
import { HOLDING_STATES, type Observation } from "./observation";
import { voteByRatio } from "./ratio";
import { DEFAULTS, type ServicePolicy, type SignalPolicy } from "./policy";

const CPU: SignalPolicy = { name: "cpu", kind: "cpu", target: 70 };
const RATE: SignalPolicy = { name: "requests", kind: "rate", target: 70 };
const policy = (signals: SignalPolicy[], more: Partial<ServicePolicy> = {}): ServicePolicy => ({ ...DEFAULTS, max: 20, signals, ...more });
const cpu = (time: number, desired: number, value: number | undefined, more: Partial<Observation> = {}): Observation => ({
  time,
  desired,
  ready: desired,
  readings: [value === undefined ? { signal: "cpu", problem: "no stats" } : { signal: "cpu", value }],
  ...more,
});

/** A service that does at once what is decided. */
class Service {
  memory: Memory = EMPTY_MEMORY;
  last: Decision | undefined;
  constructor(
    public desired: number,
    readonly rules: ServicePolicy,
  ) {}
  turn(time: number, value: number | undefined, more: Partial<Observation> = {}): Decision {
    const signal = this.rules.signals[0] as SignalPolicy;
    const readings = [value === undefined ? { signal: signal.name, problem: "gone" } : { signal: signal.name, value }];
    const { decision, memory } = decide({ time, desired: this.desired, ready: this.desired, readings, ...more }, this.rules, this.memory);
    this.memory = JSON.parse(JSON.stringify(memory)) as Memory;
    this.desired = decision.to;
    return (this.last = decision);
  }
}

describe("decide: CPU as Kubernetes does it", () => {
  it("grows by the ratio, stays within the tolerance, explains both", () => {
    const grown = decide(cpu(0, 4, 105), policy([CPU]), EMPTY_MEMORY).decision;
    assert.equal(grown.to, 6);
    assert.match(grown.reason, /cpu at 105 for a target of 70/);
    assert.equal(decide(cpu(0, 4, 76), policy([CPU]), EMPTY_MEMORY).decision.to, 4);
  });

  it("counts replicas that do not report against the direction", () => {
    const half = { readings: [{ signal: "cpu", value: 140, reporting: 2 }], ready: 2 };
    assert.equal(decide({ ...cpu(0, 4, 0), ...half }, policy([CPU]), EMPTY_MEMORY).decision.to, 4);
    const vote = voteByRatio(CPU, { signal: "cpu", value: 7, reporting: 3 }, 6, 6, 0.1);
    assert.equal(vote.count, 4, "three silent replicas count as on target: (3 · 7 + 3 · 70) / 6 / 70 · 6");
  });

  it("waits for both cooldowns and for the stabilisation window", () => {
    const service = new Service(2, policy([CPU]));
    assert.equal(service.turn(0, 140).to, 4);
    assert.equal(service.turn(60, 140).rule, "cooldown");
    assert.equal(service.turn(300, 140).to, 8);
    assert.equal(service.turn(660, 7).to, 8);
    for (let time = 720; time < 900; time += 60) assert.equal(service.turn(time, 7).to, 8);
    for (let time = 900; time <= 1260; time += 60) service.turn(time, 7);
    assert.equal(service.desired, 2);
  });
});

describe("decide: requests", () => {
  /** Seconds after the load's end until the first replica is taken away. */
  function patience(rules: ServicePolicy): number {
    const service = new Service(4, rules);
    let time = 0;
    for (; time < 900; time += 5) service.turn(time, 250);
    assert.equal(service.desired, 4);
    const end = time;
    for (; service.desired === 4 && time < end + 900; time += 5) {
      const { to, reason } = service.turn(time, 20);
      if (to === 4 && time > end + 30) assert.match(reason, /1 would do, but up to 4 were needed within \d+ s/);
    }
    return time - end;
  }

  it("shrinks by its own shorter averaging as soon as Kubernetes would, and with the stabilisation window that is set", () => {
    const shipped = patience(policy([RATE]));
    assert.ok(shipped > 270 && shipped <= 310, `${shipped} s`);
    const short = patience(policy([RATE], { stabilization: 60 }));
    assert.ok(short > 30 && short <= 75, `${short} s`);
  });
});

describe("decide: safety", () => {
  it("holds in both directions while a rollout, a pause or a rollback runs", () => {
    for (const rollout of HOLDING_STATES) {
      assert.equal(decide(cpu(0, 4, 200, { rollout }), policy([CPU]), EMPTY_MEMORY).decision.rule, "rollout");
      assert.equal(decide(cpu(0, 4, 200, { rollout }), policy([CPU], { growDuringRollout: true }), EMPTY_MEMORY).decision.to, 12);
      assert.equal(decide(cpu(0, 1, 200, { rollout }), policy([CPU]), EMPTY_MEMORY).decision.to, 1);
    }
    assert.equal(decide(cpu(0, 4, 200, { rollout: "completed" }), policy([CPU]), EMPTY_MEMORY).decision.to, 12);
  });

  it("restores the count that a deploy lowered, after the rollout", () => {
    const service = new Service(2, policy([RATE]));
    service.turn(0, 500, { revision: "a" });
    assert.equal(service.desired, 8);
    service.desired = 2;
    assert.equal(service.turn(5, 500, { revision: "b", rollout: "updating" }).to, 2);
    const restored = service.turn(10, undefined, { revision: "b", rollout: "completed" });
    assert.deepEqual([restored.to, restored.rule], [8, "restore"]);
  });

  it("accepts the count of a person who changed nothing else", () => {
    const service = new Service(6, policy([CPU]));
    service.turn(0, 70, { revision: "a" });
    service.desired = 3;
    assert.equal(service.turn(60, 70, { revision: "a" }).to, 3);
  });

  it("restores min at once, and comes down to max", () => {
    assert.deepEqual(Object.values(decide(cpu(0, 0, undefined), policy([CPU]), EMPTY_MEMORY).decision).slice(1, 4), [0, 2, "min"]);
    assert.equal(decide(cpu(0, 30, 70), policy([CPU]), EMPTY_MEMORY).decision.to, 20);
  });

  it("changes nothing while paused, and again after", () => {
    const paused = { until: 100, by: "ann" };
    assert.match(decide(cpu(0, 4, 200, { paused }), policy([CPU]), EMPTY_MEMORY).decision.reason, /paused by ann for another 100 s/);
    assert.equal(decide(cpu(101, 4, 200, { paused }), policy([CPU]), EMPTY_MEMORY).decision.to, 12);
  });

  it("grows only as far as nodes have room, and says so", () => {
    const { decision } = decide(cpu(0, 4, 200, { placeable: 6 }), policy([CPU]), EMPTY_MEMORY);
    assert.equal(decision.to, 6);
    assert.ok(decision.alerts.some((alert) => alert.name === "placement"));
  });

  it("keeps to rate policies", () => {
    const service = new Service(2, policy([RATE], { growth: [{ replicas: 2, period: 60 }] }));
    assert.deepEqual(
      [0, 5, 10, 60, 65].map((time) => service.turn(time, 900).to),
      [4, 4, 4, 6, 6],
    );
  });

  it("keeps its cooldown when the clock is set back", () => {
    const service = new Service(2, policy([CPU]));
    service.turn(10_000, 140);
    assert.equal(service.turn(5_000, 140).to, 4);
    assert.equal(service.turn(5_200, 140).rule, "cooldown");
    assert.equal(service.turn(5_310, 140).to, 8);
  });

  it("finishes a growth that was remembered but not carried out, once", () => {
    const service = new Service(2, policy([CPU]));
    service.turn(0, 140);
    service.desired = 2;
    assert.deepEqual([service.turn(5, 70).to, service.last?.rule], [4, "restore"]);
    assert.equal(service.memory.changes.length, 1);
    assert.equal(service.memory.grownAt, 0);
  });

  it("stops shrinking when the count turns back and forth, with one alert, and still grows", () => {
    const changes = Array.from({ length: 61 }, (_, index) => ({ time: 1000 + 50 * index, from: index % 2 ? 4 : 2, to: index % 2 ? 2 : 4 }));
    const service = new Service(2, policy([RATE]));
    service.memory = { ...EMPTY_MEMORY, time: 4040, wanted: 2, changes: changes.slice(0, 59) };
    const grown = service.turn(4045, 900);
    assert.equal(grown.to, 13);
    assert.equal(service.memory.steadyUntil, 0 - 1e12, "not yet: the last two changes are one turn short");
    service.memory = { ...service.memory, changes: [...changes, { time: 4044, from: 4, to: 2 }] };
    const alerted = service.turn(4050, 1400);
    assert.deepEqual([alerted.to, alerted.alerts.map((alert) => alert.name)], [20, ["flapping"]]);
    for (let time = 4055; time < 4050 + 1800; time += 5) assert.equal(service.turn(time, 10).to, 20);
    for (let time = 4050 + 1800; time < 4050 + 2000; time += 5) service.turn(time, 10);
    assert.equal(service.desired, 2);
  });
});

describe("decide: properties", () => {
  const value = fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: 0, max: 2000, noNaN: true }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -1) },
  );
  const turn = fc.record({
    wait: fc.constantFrom(5, 5, 5, 15, 60, 600, -300),
    value,
    rollout: fc.constantFrom("", "", "", ...HOLDING_STATES),
    kind: fc.constantFrom("rate", "cpu"),
  });

  it("stays within bounds, is deterministic, survives JSON, and never shrinks without data or during a rollout", () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 60 }), fc.integer({ min: 2, max: 20 }), (turns, start) => {
        const rules = policy([RATE, CPU]);
        let [time, desired, memory]: [number, number, Memory] = [1000, start, EMPTY_MEMORY];
        for (const step of turns) {
          time += step.wait;
          const readings = [
            { signal: "requests", ...(step.value === undefined ? {} : { value: step.value }) },
            { signal: "cpu", value: step.kind === "cpu" ? 90 : 10 },
          ];
          const observation: Observation = { time, desired, ready: desired, readings, ...(step.rollout ? { rollout: step.rollout } : {}) };
          const first = decide(observation, rules, memory);
          const again = decide(observation, rules, JSON.parse(JSON.stringify(memory)) as Memory);
          assert.deepEqual(again, first);
          const { to } = first.decision;
          assert.ok(to >= 2 && to <= 20 && Number.isInteger(to));
          if (step.value === undefined || !(step.value >= 0) || !Number.isFinite(step.value) || step.rollout) assert.ok(to >= desired);
          assert.ok(first.decision.reason.length > 0);
          memory = first.memory;
          desired = to;
        }
      }),
      { numRuns: 200 },
    );
  });

  it("never shrinks in a gap of 1, 5 or 60 minutes, nor on the first data after it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(60, 300, 3600),
        fc.integer({ min: 0, max: 1500 }),
        fc.integer({ min: 0, max: 1500 }),
        (ticks, gap, before, after) => {
          const service = new Service(2, policy([RATE]));
          let time = 0;
          for (let tick = 0; tick < ticks; tick++, time += 5) service.turn(time, before);
          const held = service.desired;
          for (const end = time + gap; time < end; time += 5) {
            assert.ok(service.turn(time, undefined).to >= held);
          }
          for (const end = time + 280; time < end; time += 5) assert.ok(service.turn(time, after).to >= held);
        },
      ),
      { numRuns: 40 },
    );
  });
});
