import assert from "node:assert/strict";
import fc from "fast-check";
import { choose, due, named, probed, REMEMBERED_SECONDS, worst, type Group } from "./group";
import { judge, newcomer, type Finding, type Replica, type Rhythm, type Standing } from "./replica";

const RHYTHM: Rhythm = { interval: 1, failures: 2, successes: 1, backoff: { initial: 1, max: 30 } };
const GOOD: Finding = { ok: true };
const BAD: Finding = { ok: false, reason: "refused" };

const rhythms: fc.Arbitrary<Rhythm> = fc
  .record({
    interval: fc.integer({ min: 1, max: 60 }),
    failures: fc.integer({ min: 1, max: 5 }),
    successes: fc.integer({ min: 1, max: 5 }),
    initial: fc.integer({ min: 1, max: 10 }),
    more: fc.integer({ min: 0, max: 300 }),
  })
  .map(({ interval, failures, successes, initial, more }) => ({
    interval,
    failures,
    successes,
    backoff: { initial, max: initial + more },
  }));
const findings = fc.array(
  fc.boolean().map((ok) => (ok ? GOOD : BAD)),
  { maxLength: 60 },
);
const random = fc.double({ min: 0, max: 0.999, noNaN: true });

/** A replica through findings, each at the time it was due. */
function run(rhythm: Rhythm, found: readonly Finding[], chance = 0): Replica[] {
  const history = [newcomer(0)];
  for (const finding of found) {
    const last = history.at(-1) as Replica;
    history.push(judge(last, finding, rhythm, last.due, chance));
  }
  return history;
}

describe("prober: one replica", () => {
  it("is given after its first success, left out after `failures` in a row, and given again after a success", () => {
    const standings = run(RHYTHM, [GOOD, BAD, GOOD, BAD, BAD, BAD, GOOD]).map(({ standing }) => standing);
    assert.deepEqual(standings, ["unproven", "in", "in", "in", "in", "out", "out", "in"]);
  });

  it("is asked again after 1, 2, 4, 8, 16, 30, 30 s while it fails, and every second when it works", () => {
    const history = run(RHYTHM, [GOOD, BAD, BAD, ...Array.from({ length: 6 }, () => BAD), GOOD]);
    const waits = history.slice(1).map(({ due }, index) => due - (history[index] as Replica).due);
    assert.deepEqual(waits, [1, 0.25, 1, 2, 4, 8, 16, 30, 30, 1]);
  });

  it("is left out exactly when its last `failures` findings since it was given were failures", () => {
    fc.assert(
      fc.property(rhythms, findings, random, (rhythm, found, chance) => {
        let bad = 0;
        let good = 0;
        let expected: Standing = "unproven";
        const standings = run(rhythm, found, chance).slice(1);
        for (const [index, finding] of found.entries()) {
          bad = finding.ok ? 0 : bad + 1;
          good = finding.ok ? good + 1 : 0;
          if (expected !== "out" && bad >= rhythm.failures) expected = "out";
          else if (expected === "unproven" && good > 0) expected = "in";
          else if (expected === "out" && good >= rhythm.successes) expected = "in";
          assert.equal(standings[index]?.standing, expected);
        }
      }),
    );
  });

  it("waits no longer than the cap, never less than nine tenths of its backoff, and the backoff at most doubles", () => {
    fc.assert(
      fc.property(rhythms, findings, random, (rhythm, found, chance) => {
        const history = run(rhythm, found, chance);
        for (const [index, after] of history.slice(1).entries()) {
          const before = history[index] as Replica;
          const wait = after.due - before.due;
          assert.ok(wait > 0 && wait <= Math.max(rhythm.interval, rhythm.backoff.max) + 1e-6);
          if (after.standing !== "out" || found[index]?.ok) continue;
          assert.ok(wait <= after.backoff + 1e-6 && wait >= 0.9 * after.backoff - 1e-6);
          assert.equal(
            after.backoff,
            before.standing === "out" ? Math.min(2 * before.backoff, rhythm.backoff.max) : rhythm.backoff.initial,
          );
        }
      }),
    );
  });

  it("whatever was found before, works again after `successes` good findings, and then has no backoff", () => {
    fc.assert(
      fc.property(rhythms, findings, (rhythm, found) => {
        const last = run(rhythm, [...found, ...Array.from({ length: rhythm.successes }, () => GOOD)]).at(-1) as Replica;
        assert.deepEqual([last.standing, last.backoff, last.reason, last.streak], ["in", 0, "", 0]);
      }),
    );
  });
});

describe("prober: the replicas of a name", () => {
  /** When the next replica is due. */
  const nextDue = (of: Group) => due(of, -1, new Set()).next;
  const group = (standings: Record<string, Standing>): Group =>
    new Map(Object.entries(standings).map(([address, standing]) => [address, { ...newcomer(0), standing, due: 100, backoff: 16 }]));

  it("asks who is new or comes back at once, and forgets who stays away", () => {
    let now: Group = named(new Map(), ["10.0.0.1", "10.0.0.2"], 4, 0);
    assert.equal(nextDue(now), 0);
    now = probed(now, "10.0.0.1", GOOD, RHYTHM, 0, 0);
    now = probed(now, "10.0.0.2", GOOD, RHYTHM, 0, 0);
    now = named(now, ["10.0.0.2"], 4, 1);
    assert.deepEqual([now.get("10.0.0.1")?.gone, nextDue(now)], [1, 1]);
    now = named(probed(now, "10.0.0.2", GOOD, RHYTHM, 1, 0), ["10.0.0.1", "10.0.0.2"], 4, 1.5);
    assert.deepEqual([now.get("10.0.0.1")?.gone, now.get("10.0.0.1")?.standing, nextDue(now)], [undefined, "in", 1.5]);
    now = named(now, [], 4, 2);
    assert.equal(nextDue(now), Infinity);
    assert.equal(named(now, [], 4, 2 + REMEMBERED_SECONDS + 1).size, 0);
  });

  it("an answer for one family says nothing about the other", () => {
    const both = named(named(new Map(), ["10.0.0.1"], 4, 0), ["fd00::1"], 6, 0);
    assert.deepEqual(
      [...named(both, ["10.0.0.1"], 4, 1).values()].map(({ gone }) => gone),
      [undefined, undefined],
    );
  });

  it("says who is to be asked: who is due, is there, and is not being asked", () => {
    const all = named(named(new Map(), ["a", "b", "c"], 4, 0), ["a", "b"], 4, 1);
    assert.deepEqual(due(all, 1, new Set(["a"])), { addresses: ["b"], next: Infinity });
    assert.deepEqual(due(probed(all, "b", GOOD, RHYTHM, 1, 0), 1, new Set()), { addresses: ["a"], next: 2 });
  });

  it("gives those that work, else the unproven, else all and says so", () => {
    const give = (standings: Record<string, Standing>) => choose(Object.keys(standings), (address) => standings[address] as Standing);
    assert.deepEqual(give({ a: "in", b: "out", c: "unproven" }), { addresses: ["a"], failOpen: false });
    assert.deepEqual(give({ b: "out", c: "unproven" }), { addresses: ["c"], failOpen: false });
    assert.deepEqual(give({ a: "out", b: "out" }), { addresses: ["a", "b"], failOpen: true });
    assert.deepEqual(give({}), { addresses: [], failOpen: false });
  });

  it("never gives what was not there, nothing only when there was nothing, and one that fails only with all others", () => {
    const standing = fc.constantFrom<Standing>("in", "out", "unproven");
    fc.assert(
      fc.property(fc.dictionary(fc.ipV4(), standing), (standings) => {
        const all = Object.keys(standings);
        const { addresses, failOpen } = choose(all, (address) => standings[address] as Standing);
        assert.ok(addresses.every((address) => all.includes(address)));
        assert.equal(addresses.length === 0, all.length === 0);
        const failing = addresses.filter((address) => standings[address] === "out");
        assert.ok(failing.length === 0 || (failOpen && failing.length === all.length));
      }),
    );
  });

  it("a name checked on several ports stands as its worst check", () => {
    assert.deepEqual(
      [worst(["in", "out", "unproven"]), worst(["in", "unproven"]), worst(["in"]), worst([])],
      ["out", "unproven", "in", "in"],
    );
  });

  it("when none was left and one works again, the others are asked at once; not when one was left", () => {
    const none = probed(group({ a: "out", b: "out", c: "out" }), "a", GOOD, RHYTHM, 50, 0);
    assert.deepEqual(
      [...none.values()].map(({ due }) => due),
      [51, 50, 50],
    );
    const some = probed(group({ a: "out", b: "out", c: "in" }), "a", GOOD, RHYTHM, 50, 0);
    assert.deepEqual(
      [...some.values()].map(({ due }) => due),
      [51, 100, 100],
    );
    assert.equal(probed(some, "unknown", GOOD, RHYTHM, 50, 0), some);
  });
});
