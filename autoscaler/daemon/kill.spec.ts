import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULTS } from "../core/policy";
import { type Daemon } from "./daemon";
import { type Saved } from "./store";
import { INTERVAL, World } from "./world.fixture";

/** A process ends in its n-th call of the outside, or in its n-th of those that leave something behind: writes and changes. */
interface Kill {
  readonly lasting: boolean;
  readonly n: number;
  /** Seconds until it is started again. */
  readonly away: number;
}

/** One life of a daemon: from its start to its kill. A dead one does nothing any more, whatever it still waits for. */
class Life {
  calls = 0;
  lasting = 0;
  dead = false;
  readonly end: Promise<void>;
  private finish: () => void = () => undefined;

  constructor(private readonly kill: Kill | undefined) {
    this.end = new Promise((resolve) => (this.finish = resolve));
  }

  /** @returns false when the process does not live on */
  step(lasting: boolean): boolean {
    if (this.dead) return false;
    this.calls++;
    if (lasting) this.lasting++;
    if (this.kill !== undefined && (this.kill.lasting ? lasting && this.lasting === this.kill.n : this.calls === this.kill.n)) {
      this.dead = true;
      this.finish();
    }
    return !this.dead;
  }
}

const FOREVER = new Promise<never>(() => undefined);

/** A world whose daemon is killed. What is on its disk and what its services are is all that a new one finds. */
class Mortal extends World {
  life = new Life(undefined);
  /** Effects by service and by the remembered decision that they carry out. */
  readonly effects = new Map<string, number>();
  /** Times at which each growth and each shrinking was decided that the service with cooldowns went through. */
  readonly grown = new Set<number>();
  readonly shrunk = new Set<number>();
  readonly counted: number[] = [];
  kills = 0;

  start(kill: Kill | undefined): Daemon {
    const life = (this.life = new Life(kill));
    const through =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (!life.step(false)) return FOREVER;
        const result = await call(...args);
        return life.step(false) ? result : FOREVER;
      };
    const parts = {
      target: {
        list: through(() => this.target.list(new Set())),
        scale: async (service: string, count: number) => {
          if (!life.step(true)) return FOREVER;
          await this.target.scale(service, count, {});
          this.note(service, count);
          return life.step(true) ? undefined : FOREVER;
        },
      },
      lease: { hold: through(() => this.lease.hold(0)), release: async () => undefined },
      store: {
        load: () => JSON.parse(JSON.stringify(this.disk)) as Saved,
        save: (saved: Saved) => {
          if (!life.step(true)) throw new Error("killed");
          this.write(saved);
          if (!life.step(true)) throw new Error("killed");
        },
      } as never,
    };
    return this.daemon(parts, { stats: through(this.sources.stats), query: through(this.sources.query) });
  }

  private note(service: string, count: number): void {
    const change = this.disk.memories[service]?.changes.at(-1);
    assert.equal(change?.to, count, "it was on the disk before it was done");
    const key = `${service} ${change?.time}`;
    this.effects.set(key, (this.effects.get(key) ?? 0) + 1);
    this.counted.push(count);
    if (service === "worker" && change !== undefined) (change.to > change.from ? this.grown : this.shrunk).add(change.time);
  }
}

/** Lives through loads and kills. */
async function play(
  world: Mortal,
  phases: readonly { readonly cpu: number; readonly load: number; readonly turns: number }[],
  kills: readonly Kill[],
) {
  const waiting = [...kills];
  let kill = waiting.shift();
  let daemon = world.start(kill);
  for (const { cpu, load, turns } of phases) {
    world.cpu.set("worker", cpu);
    world.load.set("api", load);
    for (let turn = 0; turn < turns; turn++) {
      await Promise.race([daemon.cycle(), world.life.end]);
      world.pass(INTERVAL);
      if (!world.life.dead) continue;
      world.kills++;
      world.pass(kill?.away ?? 0);
      kill = waiting.shift();
      daemon = world.start(kill);
    }
  }
}

/** @returns the smallest distance between two times, or between one and the times before it */
const distances = (times: Iterable<number>, after: Iterable<number>) =>
  [...times].flatMap((time) => [...after].filter((before) => before < time).map((before) => time - before));

describe("daemon killed at any moment and restarted", () => {
  const kill = fc.record({
    lasting: fc.boolean(),
    n: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 12 }) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 300 }) }),
    away: fc.constantFrom(0, 5, 20, 90, 200),
  });
  const phase = fc.record({
    cpu: fc.constantFrom(5, 65, 100, 140, 400),
    load: fc.integer({ min: 0, max: 1600 }),
    turns: fc.constantFrom(10, 70, 140),
  });

  it("keeps every cooldown, acts at most once on a decision, never beyond the bounds, and still follows the load", async function () {
    this.timeout(120_000);
    let killed = 0;
    let acted = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(phase, { minLength: 2, maxLength: 5 }),
        fc.array(kill, { minLength: 1, maxLength: 8 }),
        async (phases, kills) => {
          const world = new Mortal({ api: 2, worker: 2 }, ["api"]);
          await play(world, phases, kills);
          killed += world.kills;
          for (const [decision, times] of world.effects) assert.equal(times, 1, `${decision} was carried out ${times} times`);
          for (const count of world.counted) assert.ok(count >= 2 && count <= 20, `${count}`);
          for (const distance of distances(world.grown, world.grown))
            assert.ok(distance >= DEFAULTS.upCooldown, `grown again after ${distance} s`);
          for (const distance of distances(world.shrunk, [...world.grown, ...world.shrunk]))
            assert.ok(distance >= DEFAULTS.downCooldown, `shrunk ${distance} s after a change`);
          acted += world.counted.length;

          // a replica serves 100 requests/s and is used up to 82 % at most
          await play(world, [{ cpu: 65, load: 1000, turns: 40 }], []);
          assert.ok((world.counts.get("api") ?? 0) >= 13, `${world.counts.get("api")} replicas for 1000 requests/s`);
        },
      ),
      { numRuns: 150 },
    );
    assert.ok(killed > 150 && acted > 300, `${killed} kills, ${acted} changes: too few to show anything`);
  });

  it("between remembering and doing finishes a growth, and only that", async () => {
    for (let n = 1; n <= 4; n++) {
      const world = new Mortal({ api: 2, worker: 2 }, ["api"]);
      // the first write of a turn with a change is the one ahead of it: before it, after it, before the change, after it
      await play(world, [{ cpu: 65, load: 700, turns: 3 }], [{ lasting: true, n, away: 10 }]);
      assert.equal(world.counts.get("api"), 10, `killed in step ${n}`);
      assert.deepEqual(
        world.scaled.map(({ to }) => to),
        [10],
        `killed in step ${n}`,
      );
    }
  });
});
