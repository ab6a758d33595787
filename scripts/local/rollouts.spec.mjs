import assert from "node:assert/strict";
import { Rollouts } from "./rollouts.mjs";

describe("Rollouts", () => {
  const [OLD, NEW] = [{ TaskTemplate: { image: "a" } }, { Name: "testbro-web", TaskTemplate: { image: "b" } }];
  let version = 1;
  const service = (UpdateStatus, PreviousSpec = OLD) => ({ Spec: NEW, PreviousSpec, UpdateStatus, Version: { Index: (version += 1) } });
  const status = (State, StartedAt = "2026-01-02T00:00:00Z") => ({ State, StartedAt, Message: "why" });

  /** A deployment whose one service goes through these. */
  const through = (...looks) => {
    const docker = { inspectServices: async () => [looks.length > 1 ? looks.shift() : looks[0]] };
    return { rollouts: new Rollouts(docker, "testbro"), left: () => looks.length };
  };

  it("waits for an update that Swarm was given and has not begun, and tells that it was rolled back", async function () {
    this.timeout(20_000);
    const completed = status("completed", "2026-01-01T00:00:00Z");
    const { rollouts } = through(
      service(completed),
      service(undefined),
      service(status("updating")),
      service(status("rollback_started")),
      service(status("rollback_completed")),
    );
    await rollouts.start();
    assert.deepEqual(await rollouts.settle(), ["testbro-web: the new release failed and Swarm rolled it back: why."]);
  });

  it("does not tell again what an earlier deployment was told", async () => {
    const { rollouts } = through(service(status("rollback_completed")));
    await rollouts.start();
    assert.deepEqual(await rollouts.settle(), []);
  });

  it("has nothing to wait for where only the count changed, or nothing since the deployment began", async () => {
    for (const each of [service(undefined, NEW), { Spec: NEW, Version: { Index: 1 } }, service(undefined), service(status("completed"))]) {
      const { rollouts } = through(each);
      await rollouts.start();
      assert.deepEqual(await rollouts.settle(), []);
    }
  });
});
