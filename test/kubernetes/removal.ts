import assert from "node:assert/strict";
import { eventually } from "../swarm/commands";
import { timed, type Context } from "./context";
import type { Metadata } from "./kubectl";

interface Volume {
  metadata: Metadata;
  spec: { storageClassName: string; claimRef?: { namespace: string } };
  status: { phase: string };
}

/** Claims of a stack: PostgreSQL's, Redis' and Prometheus'. */
const FEWEST_VOLUMES = 3;

/**
 * `pulumi destroy`, and what it leaves.
 * @param kept whether the volumes' class says that they stay
 */
export function removal(context: Context, kept: boolean): void {
  const volumes = async () =>
    (await context.kubectl.list<Volume>("persistentvolumes")).filter(({ spec }) => spec.claimRef?.namespace === context.kubectl.namespace);

  describe("in the end", () => {
    it(`is destroyed: the namespace is gone, and the volumes ${kept ? "are kept, as their class says" : "go, since their class asks for it"}`, async () => {
      const before = (await volumes()).map(({ metadata }) => metadata.name).sort();
      assert.ok(before.length >= FEWEST_VOLUMES, `${before.length} volumes`);
      await timed("destroy", () => context.stack.destroy());
      const { code, output } = await context.kubectl.attempt("get", "namespace", context.kubectl.namespace);
      assert.notEqual(code, 0);
      assert.match(output, /NotFound/);
      const clusterWide = ["namespaces", "priorityclasses", "clusterroles", "clusterrolebindings"].join();
      assert.doesNotMatch(await context.kubectl.must("get", clusterWide, "-o", "name"), /\/testbro-/);
      await eventually(60, async () => {
        const left = await volumes();
        assert.deepEqual(
          left.map(({ metadata, status }) => `${metadata.name} ${status.phase}`).sort(),
          kept ? before.map((name) => `${name} Released`) : [],
        );
      });
    });
  });
}
