import assert from "node:assert/strict";
import { mustScript, script } from "./commands";
import { config } from "./configuration";
import { assertRefused, type Context } from "./context";
import { reconcile, startLoadProcess, summary } from "../load";
import { BalancerLog } from "./balancer-log";

/** POST requests that may be in flight on the replicas that crash before the release is rolled back: it is one or two, each with one at a time. */
const MOST_IN_FLIGHT = 3;

/** Changes to a stack that runs. */
export function updates(context: Context): void {
  const replicas = async () => {
    const services = context.app.status.services.map(({ name }) => name);
    const tasks = await Promise.all(services.map((name) => context.engine.tasks(name)));
    return tasks.flat().map(({ Name, ID }) => `${Name} ${ID}`);
  };

  describe("updates", () => {
    it("nothing when nothing changed", async () => {
      await mustScript("preview", ["--expect-no-changes"]);
    });

    it("nothing a second time, also when the auto-scaler has added a replica", async () => {
      const backend = context.service("backend");
      await context.engine.scale(backend, 3);
      const before = await replicas();
      await mustScript("up");
      assert.deepEqual(await replicas(), before);
      await context.engine.scale(backend, 2);
    });

    it("rolls a release back that crashes, says why, and no request fails", async () => {
      const { urls, caFile } = context.app.status;
      const log = new BalancerLog(context.engine, context.service("nginx"), new Date());
      const load = startLoadProcess({
        url: urls.app,
        caFile,
        seconds: 600,
        // Little, because client, replicas and deployment share one machine; bench/failures sends 100 on an idle one.
        rate: 10,
        mode: "keep-alive",
        get: ["/", "/api/whoami"],
        post: "/api/runs",
        postShare: 0.2,
      });
      const crashing = config("backend.env.FAULT=crash-after:3", "backend.version=crashing");
      const result = await script("up", crashing, { timeout: 600_000 });
      const report = await load.stop();
      assertRefused(result, /testbro-backend/, /crash/, /FAULT/);
      // A POST that is in flight on the very process that crashes is not sent again: it could be executed twice.
      const inFlight = report.failures.filter(({ method, kind, detail }) => method === "POST" && kind === "status" && detail === "502");
      assert.ok(inFlight.length <= MOST_IN_FLIGHT, summary(report));
      assert.deepEqual(
        report.failures.filter((failure) => !inFlight.includes(failure)),
        [],
        summary(report),
      );
      const { contradictions } = reconcile(report, await log.end());
      assert.deepEqual(contradictions, []);
      const { version } = await context.app.json<{ version: string }>("/api/whoami");
      assert.notEqual(version, "crashing", "the release before serves on");
    });

    it("the good release again", async () => {
      await context.up();
      assert.equal(context.app.status.healthy, true);
    });
  });
}
