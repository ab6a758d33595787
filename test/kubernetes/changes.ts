import assert from "node:assert/strict";
import { failedOn, summary } from "../load";
import { eventually } from "../swarm/commands";
import { FEWEST, type Context } from "./context";
import { failedGets, servedWhen, underLoad } from "./traffic";

/** Backends while there are more than the fewest, as many as the small cluster may have. */
const MORE = 5;

/** What happens to pods in an ordinary week, under load. */
export function changes(context: Context): void {
  const names = async () => (await context.kubectl.ready("backend")).map(({ metadata }) => metadata.name);
  /** The first of the ready backends. */
  const one = async () => (await context.kubectl.ready("backend"))[0] ?? assert.fail("no backend is ready");

  // Every new connection to Traefik is a full handshake: a hundred a second are more than two CPUs do for client and balancer while pods start.
  const mode = context.balancer === "traefik" ? "keep-alive" : "fresh";

  /** A pod is gone and enough others serve. */
  const replaced = async (pod: string) => {
    await eventually(180, async () => {
      const all = (await context.kubectl.pods("backend")).map(({ metadata }) => metadata.name);
      assert.ok(!all.includes(pod), `${pod} is still there`);
    });
    await context.replicas("backend", FEWEST, 120);
  };

  describe("loses no request", () => {
    beforeEach("everything serves", async () => {
      for (const workload of ["backend", "frontend", context.balancer]) await context.replicas(workload, FEWEST, 120);
    });

    it("when a release is rolled out", async () => {
      const before = await names();
      const { report } = await underLoad(context, "rolling update", () => context.up({ backend: { version: "next" } }), { mode });
      assert.deepEqual(report.failures, [], summary(report));
      const after = await names();
      assert.deepEqual(
        after.filter((name) => before.includes(name)),
        [],
      );
      for (let i = 0; i < 20; i++) {
        assert.equal((await context.app.json<{ version: string }>("/api/whoami")).version, "next");
      }
    });

    it("when a pod is deleted, on connections that stay open", async () => {
      const { metadata, status } = await one();
      const before = await names();
      const { report, log, value } = await underLoad(
        context,
        "pod deleted",
        async () => {
          const told = Date.now();
          await context.kubectl.must("delete", "pod", metadata.name);
          await replaced(metadata.name);
          return told;
        },
        { mode: "keep-alive" },
      );
      assert.deepEqual(report.failures, [], summary(report));
      const { last } = servedWhen(log, status.podIP ?? "");
      const replacement = (await context.kubectl.ready("backend")).find((pod) => !before.includes(pod.metadata.name));
      const ready = Date.parse(replacement?.status.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime ?? "");
      const { first } = servedWhen(log, replacement?.status.podIP ?? "");
      const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
      console.log(
        `      the pod got its last request ${seconds(value, last)} s after it was told to go; the one in its place its first ${seconds(ready, first)} s after it was ready (to the second)`,
      );
      assert.ok(last > 0 && first > 0, "the log does not name the pods");
    });

    it("when a pod is deleted by force, but a POST that was in flight on it", async () => {
      const { metadata, status } = await one();
      const { report, log } = await underLoad(context, "pod deleted by force", async () => {
        await context.kubectl.must("delete", "pod", metadata.name, "--grace-period=0", "--force");
        await replaced(metadata.name);
      });
      assert.deepEqual(failedGets(report), []);
      const inFlight = failedOn(report, log, [status.podIP ?? assert.fail("it has no address")]);
      assert.deepEqual(
        report.failures.filter((failure) => !inFlight.includes(failure)),
        [],
        summary(report),
      );
    });

    it("when replicas are taken away", async () => {
      const least = (minReplicas: number) =>
        context.kubectl.must("patch", "hpa", "testbro-backend", "--type=merge", "-p", JSON.stringify({ spec: { minReplicas } }));
      await least(MORE);
      try {
        await context.replicas("backend", MORE, 120);
        const { report } = await underLoad(context, "scaled in", async () => {
          await least(FEWEST);
          await eventually(240, async () => {
            const pods = await context.kubectl.pods("backend");
            assert.ok(pods.length < MORE && pods.every(({ metadata: { deletionTimestamp } }) => deletionTimestamp === undefined));
          });
        });
        assert.deepEqual(report.failures, [], summary(report));
      } finally {
        await least(FEWEST);
      }
    });
  });
}
