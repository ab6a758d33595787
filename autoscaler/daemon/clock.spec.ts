import assert from "node:assert/strict";
import { toldOnce, turn, World } from "./world.fixture";

const HOUR = 3600;

describe("daemon under a clock that is set", () => {
  for (const [way, jump] of [
    ["forward", HOUR],
    ["back", -HOUR],
  ] as const) {
    it(`${way} by an hour, keeps cooldowns and pauses, and tells it once`, async () => {
      const world = new World({ api: 2, worker: 2, paused: 2 }, ["api"]);
      world.load.set("api", 400);
      world.cpu.set("worker", 140);
      const daemon = world.daemon();
      await world.live(daemon, 60);
      daemon.pause("paused", world.now + 600, "ann");
      assert.deepEqual([...world.counts.values()], [6, 4, 2]);
      world.cpu.set("paused", 200);
      await world.live(daemon, 30);

      world.now += jump;
      world.load.set("api", 0);
      world.cpu.set("worker", 300);
      const before = world.scaled.length;
      await world.live(daemon, 200);
      assert.deepEqual(world.scaled.slice(before), [], "five minutes of cooldown are not over in three, whatever the clock says");
      await world.live(daemon, 300);
      assert.ok((world.counts.get("worker") ?? 0) > 4, "they are over in eight, whatever the clock says");
      assert.equal(world.counts.get("paused"), 2, "ten minutes of pause are not over in nine");
      await world.live(daemon, 400);
      assert.ok((world.counts.get("paused") ?? 0) > 2, "nor longer than asked for");
      toldOnce(world, new RegExp(`the clock was set ${way} by 3600 s`));
    });
  }

  it("forward and back, shows one fault while it lasts", async () => {
    const world = new World({ api: 6 });
    world.load.set("api", 400);
    const daemon = world.daemon();
    await world.live(daemon, 600);
    for (const jump of [HOUR, -HOUR]) {
      world.now += jump;
      await turn(world, daemon);
      assert.match(daemon.status().problems.join(), /the clock was set/);
      assert.equal(await world.metric('autoscaler_fault{fault="clock"}'), 1);
      assert.equal(world.counts.get("api"), 6);
    }
    await world.live(daemon, 180);
    assert.deepEqual([daemon.status().problems, await world.metric('autoscaler_fault{fault="clock"}')], [[], 0]);
    toldOnce(world, /the clock was set forward/);
    world.load.set("api", 900);
    await world.live(daemon, 30);
    assert.equal(world.counts.get("api"), 13, "it still follows the load");
  });

  it("set by less than drift, notices nothing", async () => {
    const world = new World({ api: 6 });
    world.load.set("api", 400);
    const daemon = world.daemon();
    for (const jump of [5, -5, 9, -9]) {
      await world.live(daemon, 20);
      world.now += jump;
    }
    await world.live(daemon, 60);
    assert.deepEqual([daemon.status().problems, world.alarms()], [[], []]);
  });
});

describe("daemon after a restart", () => {
  it("does not tell again what was told, and tells its end", async () => {
    const world = new World({ api: 6 });
    const query = world.sources.query;
    world.sources.query = async () => ({ problem: "Prometheus does not answer: HTTP 503", unreachable: true });
    const first = world.daemon();
    await world.live(first, 120);
    assert.equal(world.alarms().length, 1);
    const second = world.daemon();
    await world.live(second, 120);
    assert.equal(world.alarms().length, 1, world.alarms().join("\n"));
    world.sources.query = query;
    await world.live(second, 120);
    toldOnce(world, /HTTP 503/);
  });
});
