import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, mustScript, script, startScript } from "./commands";
import type { Context } from "./context";
import type { Engine } from "./engine";

const UNRELATED = "somebody-elses";

/** Something of somebody else's on the same engine, made before the stack. */
export async function makeUnrelated(engine: Engine): Promise<void> {
  const [image] = await engine.lines("image", "ls", "--quiet");
  assert.ok(image, "building the stack's images leaves at least one");
  await engine.docker("volume", "create", UNRELATED);
  const keepAlive = ["--entrypoint", "sleep", image, "infinity"];
  await engine.docker("run", "--detach", "--name", UNRELATED, "--restart", "always", "--volume", `${UNRELATED}:/data`, ...keepAlive);
}

/** Takes it away again. */
export async function removeUnrelated(engine: Engine): Promise<void> {
  await engine.attempt("rm", "--force", UNRELATED);
  await engine.attempt("volume", "rm", UNRELATED);
}

/** A first `up` that is interrupted, and a second one. */
export function interrupted(context: Context): void {
  describe("interrupted by Ctrl-C", () => {
    it("ends, says that it is not complete, and a second up recovers", async () => {
      const up = startScript("up", [], { timeout: 600_000 });
      const made = eventually(300, async () => {
        assert.notDeepEqual(await context.engine.lines("service", "ls", "--quiet"), [], up.said());
      });
      await Promise.race([made, up.done.then(() => assert.fail(`up ended before it was interrupted:\n${up.said()}`))]);
      const group = -(up.child.pid ?? assert.fail());
      process.kill(group, "SIGINT");
      // Impatience is the harder case: the second one makes pulumi leave operations unfinished.
      await sleep(1000);
      process.kill(group, "SIGINT");
      const { code, output } = await up.done;
      assert.notEqual(code, 0, output);
      assert.match(output, /npm run (status|up)/, "what was made and how to go on is said");
      await context.up();
      assert.equal(context.app.status.healthy, true);
    });
  });
}

/** `down`, and what it leaves. */
export function down(context: Context): void {
  const ours = async () => (await context.engine.inventory()).filter((entry) => entry.includes(" testbro"));
  const theirs = async () => (await context.engine.inventory()).filter((entry) => entry.includes(UNRELATED));
  const unrelated = [`container ${UNRELATED}`, `volume ${UNRELATED}`];

  describe("down", () => {
    it("stops everything and keeps the data; up brings it back with the same passwords", async () => {
      const volumes = (await ours()).filter((entry) => entry.startsWith("volume "));
      assert.ok(volumes.length >= 2, volumes.join());
      await mustScript("down");
      const { code, output } = await script("status");
      assert.equal(code, 1, output);
      await context.openEngine();
      const left = (await ours()).filter((entry) => /^(service|container|volume) /.test(entry));
      assert.deepEqual(left, volumes);
      await context.up();
      const { id, name } = context.keptRun;
      await eventually(30, async () => {
        assert.equal((await context.app.json<{ name: string }>(`/api/runs/${id}`)).name, name);
        assert.equal((await context.app.json<{ state: string }>(`/api/jobs/${context.keptJob}`)).state, "completed");
      });
      assert.deepEqual(await theirs(), unrelated);
    });

    it("with --volumes removes everything, and nothing that is not the stack's", async () => {
      await mustScript("down", ["--volumes", "--yes"]);
      await context.openEngine();
      assert.deepEqual(await ours(), []);
      assert.deepEqual(await theirs(), unrelated);
      const [running] = await context.engine.lines("ps", "--quiet", "--filter", `name=${UNRELATED}`);
      assert.ok(running, "the unrelated container runs");
    });

    it("a second time finds nothing to do", async () => {
      assert.match(await mustScript("down"), /never deployed here/);
    });
  });
}
