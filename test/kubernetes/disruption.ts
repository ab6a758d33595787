import assert from "node:assert/strict";
import { FEWEST, type Context } from "./context";

/** What a PodDisruptionBudget keeps. */
export function disruption(context: Context): void {
  describe("keeps its floor", () => {
    it("lets one backend be evicted, and refuses the next while that one is missing", async () => {
      await context.replicas("backend", FEWEST, 120);
      const [first, second] = await context.kubectl.ready("backend");
      const allowed = await context.kubectl.evict(first?.metadata.name ?? "");
      assert.equal(allowed.code, 0, allowed.output);
      const refused = await context.kubectl.evict(second?.metadata.name ?? "");
      assert.notEqual(refused.code, 0, "the second eviction went below the floor");
      assert.match(refused.output, /TooManyRequests/);
      assert.match(refused.output, /violate the pod's disruption budget/);
      const pod = (await context.kubectl.pods("backend")).find(({ metadata }) => metadata.name === second?.metadata.name);
      assert.equal(pod?.metadata.deletionTimestamp, undefined);
      await context.replicas("backend", FEWEST, 120);
      const again = await context.kubectl.ready("backend");
      assert.ok(again.some(({ metadata }) => metadata.name === second?.metadata.name));
    });
  });
}
