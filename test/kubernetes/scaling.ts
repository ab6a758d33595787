import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { summary } from "../load";
import { eventually } from "../swarm/commands";
import { FEWEST, type Context } from "./context";
import { startLoad } from "./traffic";

/** Requests per second that use CPU, and how much each: most of one CPU, several times what three backends are meant to use. */
const BURNS = { rate: 6, milliseconds: 120 };

interface Scaled {
  spec: { replicas: number };
}

/** The HorizontalPodAutoscaler, by the metrics of a real metrics-server. */
export function scaling(context: Context): void {
  const count = async () => (await context.kubectl.get<Scaled>("deployment", "testbro-backend")).spec.replicas;

  describe("scales the backend by its CPU", () => {
    const counts: number[] = [];
    let watching = false;
    let watch = Promise.resolve();

    before("the count is written down, and nothing is scaled yet", async () => {
      await eventually(180, async () => assert.equal(await count(), FEWEST));
      watching = true;
      watch = (async () => {
        while (watching) {
          counts.push(await count());
          await sleep(1000);
        }
      })();
      watch.catch(() => undefined);
    });

    after(async () => {
      watching = false;
      await watch;
      counts.push(await count());
      const changes = counts.filter((each, index) => each !== counts[index - 1]);
      console.log(`      replicas: ${changes.join(" → ")}`);
    });

    it("up under load, not back by a release in between, and back after the load; no request fails", async () => {
      const load = startLoad(context, {
        rate: BURNS.rate,
        timeout: 20_000,
        get: [`/api/burn?ms=${BURNS.milliseconds}`],
      });
      let started = Date.now();
      try {
        await eventually(150, async () => assert.ok((await count()) > FEWEST, `still ${await count()} replicas`));
        console.log(`      ${await count()} replicas after ${Math.round((Date.now() - started) / 1000)} s`);
        const before = counts.length;
        await context.up({ backend: { version: "scaled" } });
        const during = counts.slice(before);
        assert.ok(during.length > 0 && Math.min(...during) > FEWEST, `up took replicas away: ${during.join()}`);
      } finally {
        const report = await load.stop();
        assert.deepEqual(report.failures, [], summary(report));
      }
      started = Date.now();
      await eventually(240, async () => assert.equal(await count(), FEWEST));
      console.log(`      back to ${FEWEST} replicas ${Math.round((Date.now() - started) / 1000)} s after the load`);
    });
  });
}
