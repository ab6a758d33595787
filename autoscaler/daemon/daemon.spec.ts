import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { settingsSchema } from "../config/settings";
import { Notifier } from "../notify/notifier";
import { type Target } from "../targets/target";
import { Daemon, type Parts } from "./daemon";
import { FileLease, LEASE_SECONDS, LeaseWatch } from "./lease";
import { Readings } from "./readings";
import { Store, type Saved } from "./store";

class Killed extends Error {}

/** Load that a replica is meant to get, and the part of it that is neither too much nor too little (the policy's default). */
const TARGET = 70;
const TOLERANCE = 0.1;

/** A service in memory, a state file in memory, and a kill at the chosen step. */
class World {
  time = 1000;
  desired = 2;
  load = 100;
  scaled: { time: number; to: number }[] = [];
  disk: Saved = { version: 1, memories: {}, pauses: {}, log: {} };
  steps = 0;
  killAt = Infinity;
  queryFails = false;

  dead = false;

  /** A process that was killed does nothing more, whatever catches its last breath. */
  step(): void {
    if (++this.steps === this.killAt) this.dead = true;
    if (this.dead) throw new Killed();
  }

  daemon(settings: object = {}): Daemon {
    const target: Target = {
      list: async () => [
        { name: "api", labels: { "autoscaler.enable": "true" }, desired: this.desired, ready: this.desired, containers: [] },
      ],
      scale: async (_service, count) => {
        this.step();
        this.desired = count;
        this.scaled.push({ time: this.time, to: count });
        this.step();
      },
    };
    const store = {
      load: () => this.disk,
      save: (saved: Saved) => {
        this.step();
        this.disk = JSON.parse(JSON.stringify(saved)) as Saved;
        this.step();
      },
    } as unknown as Store;
    const parsed = settingsSchema.parse({
      max: 20,
      services: { api: { queries: [{ name: "requests", kind: "rate", query: "q", target: TARGET }] } },
      ...settings,
    });
    const readings = new Readings(parsed, {
      stats: async () => ({ cpu: 20, memory: 20, cpuReporting: this.desired, memoryReporting: this.desired }),
      query: async () => (this.queryFails ? { problem: "down" } : { value: this.load, age: 0 }),
    });
    const parts: Parts = {
      settings: parsed,
      target,
      readings,
      store,
      lease: { hold: async () => true, release: async () => undefined },
      notifier: new Notifier([]),
      gauge: { leader: () => undefined, cycle: () => undefined, service: () => undefined },
      log: { info: () => undefined, warn: () => undefined },
      now: () => this.time,
    };
    return new Daemon(parts);
  }
}

describe("daemon", () => {
  it("scales on the request rate at once, and says why", async () => {
    const world = new World();
    const daemon = world.daemon();
    world.load = 700;
    await daemon.cycle();
    assert.equal(world.desired, 10);
    assert.match(daemon.status().services[0]?.decision.reason ?? "", /load 700/);
    assert.equal(daemon.decisions("api").length, 1);
  });

  it("changes nothing in a dry run, when paused, and in test", async () => {
    const world = new World();
    world.load = 700;
    await world.daemon({ dryRun: true }).cycle();
    const daemon = world.daemon();
    world.time += 5;
    assert.equal((await daemon.test("api"))?.decision.to, 10);
    daemon.pause("*", world.time + 60, "ann");
    world.time += 5;
    await daemon.cycle();
    assert.deepEqual(world.scaled, []);
    daemon.resume("*");
    world.time += 5;
    await daemon.cycle();
    assert.equal(world.desired, 10);
  });

  it("names a silent source and does not shrink", async () => {
    const world = new World();
    world.desired = 9;
    world.queryFails = true;
    const daemon = world.daemon();
    for (let turn = 0; turn < 300; turn++, world.time += 5) await daemon.cycle();
    assert.equal(world.desired, 9);
    assert.match(daemon.status().services[0]?.decision.reason ?? "", /no data is never low load/);
  });

  it("killed at any step and restarted, neither repeats a change nor forgets a cooldown", async function () {
    this.timeout(30_000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 1400 }), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 24 }),
        async (loads, killAt) => {
          const play = async (world: World) => {
            let daemon = world.daemon();
            for (const load of loads) {
              world.load = load;
              for (let turn = 0; turn < 12; turn++, world.time += 5) {
                await daemon.cycle();
                if (!world.dead) continue;
                world.dead = false;
                daemon = world.daemon();
              }
            }
            return world;
          };
          const plain = await play(new World());
          const killed = new World();
          killed.killAt = killAt;
          await play(killed);
          const seen = new Set<string>();
          for (const { time, to } of killed.scaled) {
            assert.ok(!seen.has(`${time}`), "two changes in one turn");
            seen.add(`${time}`);
            assert.ok(to <= 20 && to >= 2);
          }
          // A kill may move a change by a turn, and a count that another load was the reason for stays while it is near enough.
          const enough = (loads.at(-1) ?? 0) <= killed.desired * TARGET * (1 + TOLERANCE);
          assert.ok(enough || killed.desired >= plain.desired, `${killed.desired} < ${plain.desired}`);
          const repeated = killed.scaled.filter((entry, index) => index > 0 && entry.to === killed.scaled[index - 1]?.to);
          assert.deepEqual(repeated, []);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("state and lease on disk", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "autoscaler-state-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("survives a restart, and sets an unreadable file aside", () => {
    const saved: Saved = { version: 1, memories: {}, pauses: { api: { until: 5, by: "ann" } }, log: {} };
    new Store(folder).save(saved);
    assert.deepEqual(new Store(folder).load(), saved);
    for (const text of ["{", "[]", "null", '{"version":2}']) {
      writeFileSync(join(folder, "state.json"), text);
      assert.deepEqual(new Store(folder).load().memories, {});
    }
  });

  it("comes back as it was, whatever it holds", () => {
    const name = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__x", "", '"', "api"));
    const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as never;
    const part = fc.dictionary(name, fc.jsonValue(), { maxKeys: 5 }).map(json);
    fc.assert(
      fc.property(part, part, part, fc.option(part, { nil: undefined }), (memories, pauses, log, deploy) => {
        const saved: Saved = { version: 1, memories, pauses, log, ...(deploy === undefined ? {} : { deploy }) };
        new Store(folder).save(saved);
        assert.deepEqual(json(new Store(folder).load()), json(saved));
      }),
      { numRuns: 60 },
    );
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`service-${index}`, { until: index, by: "x".repeat(300) }]),
    );
    new Store(folder).save({ version: 1, memories: {}, pauses: many, log: {} });
    assert.deepEqual(new Store(folder).load().pauses, many);
  });

  it("is held by one, until it is not renewed", async () => {
    const [a, b] = [new FileLease(folder), new FileLease(folder)];
    assert.deepEqual([await a.hold(0), await b.hold(1), await a.hold(20), await b.hold(35)], [true, false, true, false]);
    assert.deepEqual([await b.hold(20 + LEASE_SECONDS), await a.hold(21 + LEASE_SECONDS)], [true, false]);
  });

  it("of who is gone ends after its term, even if the clock was set back by an hour", async () => {
    let steady = 0;
    const [gone, next] = [new FileLease(folder), new FileLease(folder, "next", new LeaseWatch(() => steady))];
    assert.equal(await gone.hold(7200), true);
    for (let now = 3600; now < 3600 + LEASE_SECONDS; now += 5, steady += 5) assert.equal(await next.hold(now), false, `${steady}`);
    assert.equal(await next.hold(3600 + LEASE_SECONDS), true);
    assert.equal(await gone.hold(3605 + LEASE_SECONDS), false);
  });

  it("that is renewed stays with its holder, whatever the other's clock says", async () => {
    let steady = 0;
    const [ahead, behind] = [new FileLease(folder, "ahead"), new FileLease(folder, "behind", new LeaseWatch(() => steady))];
    for (let now = 0; now < 600; now += 5, steady += 5) {
      assert.equal(await ahead.hold(3600 + now), true);
      assert.equal(await behind.hold(now), false);
    }
  });
});
