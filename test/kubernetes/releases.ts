import assert from "node:assert/strict";
import { assertRefused } from "../swarm/context";
import type { Context } from "./context";
import type { Configuration } from "./stack";
import { failedGets, underLoad } from "./traffic";

/** Releases that cannot work. */
export function releases(context: Context): void {
  const versions = async () => {
    const found = new Set<string>();
    for (let i = 0; i < 20; i++) found.add((await context.app.json<{ version: string }>("/api/whoami")).version);
    return [...found];
  };

  const bad: [what: string, changes: Configuration, reasons: RegExp[]][] = [
    [
      "whose image is not there, or that crashes",
      { images: { frontend: "testbro/frontend:never-built" }, backend: { version: "crashing", env: { FAULT: "crash-after:3" } } },
      [/ImagePullBackOff|ErrImagePull/, /testbro\/frontend:never-built/, /CrashLoopBackOff|Error \(exit code 1\)/, /FAULT=crash-after/],
    ],
    ["that never gets healthy", { backend: { env: { FAULT: "never-healthy" } } }, [/[Pp]robe failed/]],
  ];

  describe("stops a release", () => {
    for (const [what, changes, reasons] of bad) {
      it(`${what}, says why, and the pods before it serve on`, async () => {
        const before = await versions();
        const kept = (await context.kubectl.ready("backend")).map(({ metadata }) => metadata.name);
        const { report, value } = await underLoad(context, `a release ${what}`, () => context.stack.tryUp(changes));
        assertRefused(value, /testbro-backend/, ...reasons);
        assert.deepEqual(failedGets(report), []);
        const now = (await context.kubectl.ready("backend")).map(({ metadata }) => metadata.name);
        assert.ok(
          kept.filter((name) => now.includes(name)).length >= Math.min(kept.length, 3),
          `of ${kept.join()} there are ${now.join()}`,
        );
        assert.deepEqual(await versions(), before);
      });
    }

    it("and takes the good one again", async () => {
      await context.up();
      await context.replicas("backend", 3, 120);
      await context.replicas("frontend", 3, 120);
      assert.equal((await context.app.request("/")).status, 200);
    });
  });
}
