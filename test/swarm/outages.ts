import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "./commands";
import type { Context } from "./context";

/** Longer than a liveness check of the backend takes to give a replica up: 3 times 2 s and a timeout of 2 s, twice over. */
const OUTAGE_SECONDS = 25;

/** Data stores that restart or are away for a while. */
export function outages(context: Context): void {
  const backends = async () => (await context.engine.tasks(context.service("backend"))).map(({ ID }) => ID);

  /** Readiness as each backend replica tells it. */
  async function readiness(): Promise<{ ready: boolean; reasons: string[] }[]> {
    const ask = "fetch('http://127.0.0.1:3001/health/ready').then(async (answer) => console.log(await answer.text()))";
    const containers = await context.engine.containers(context.service("backend"));
    const answers = await Promise.all(containers.map((id) => context.engine.docker("exec", id, "node", "-e", ask)));
    return answers.map((answer) => JSON.parse(answer) as { ready: boolean; reasons: string[] });
  }

  /** Reading and writing work again, and what was there before still is. */
  async function works(): Promise<void> {
    const { id, name } = context.keptRun;
    assert.equal((await context.app.json<{ name: string }>(`/api/runs/${id}`)).name, name);
    assert.equal((await context.app.json<{ state: string }>(`/api/jobs/${context.keptJob}`)).state, "completed");
    await context.app.json("/api/runs", { method: "POST", body: { name: "after an outage" }, expect: 201 });
    assert.ok((await readiness()).every(({ ready }) => ready));
  }

  describe("outages", () => {
    it("PostgreSQL and Redis are killed: the data is still there and the backend reconnects by itself", async () => {
      const before = await backends();
      for (const store of ["postgres", "redis"]) {
        await context.engine.docker("kill", await context.engine.container(context.service(store)));
      }
      await eventually(60, async () => {
        for (const store of ["postgres", "redis"]) await context.engine.container(context.service(store));
      });
      await eventually(60, works);
      assert.deepEqual(await backends(), before, "no backend replica was restarted for it");
    });

    it("PostgreSQL is away: the backend says so, is not restarted for it, and comes back by itself", async () => {
      const before = await backends();
      const postgres = context.service("postgres");
      await context.engine.docker("service", "scale", "--detach", `${postgres}=0`);
      await eventually(30, async () => assert.deepEqual(await context.engine.containers(postgres), []));
      await eventually(20, async () => {
        for (const { ready, reasons } of await readiness()) {
          assert.equal(ready, false);
          assert.match(reasons.join(), /PostgreSQL: /);
        }
      });
      await sleep(OUTAGE_SECONDS * 1000);
      assert.equal((await context.app.request("/api/runs", { method: "POST", body: { name: "too early" } })).status, 503);
      assert.equal((await context.app.request("/")).status, 200);
      await context.engine.scale(postgres, 1);
      await eventually(60, works);
      assert.deepEqual(await backends(), before);
    });
  });
}
