import assert from "node:assert/strict";
import { startLoadProcess, summary } from "../load";
import { eventually } from "../swarm/commands";
import { ComposeProject, TARGET } from "./compose-project";

/** Requests per second before and after the step, and added by it: three replicas of the five allowed, and some. */
const LOW = 4;
const STEP = 3 * TARGET;
/** The fewest replicas that will do for the step. */
const FEWEST = 3;

describe("the auto-scaler on a real Docker Compose project", function () {
  this.timeout(400_000);
  this.slow(60_000);
  let project: ComposeProject;

  before(async function () {
    const found = await ComposeProject.up();
    if (found === undefined) {
      console.log("      skipped: no `docker compose` of version 2 here, and Debian's package of it cannot be fetched");
      this.skip();
    }
    project = found;
  });

  after(() => project?.down());

  const names = async () => (await project.replicas()).map(({ Name }) => Name).sort();

  it("knows the service, without a problem", async () => {
    await eventually(60, async () => {
      const { services, problems } = await project.status();
      assert.deepEqual([problems, services.map(({ name, desired }) => [name, desired])], [[], [["frontend", 2]]]);
    });
  });

  it("adds containers of the project with the requests and takes them away after, and no request fails", async () => {
    const common = { url: project.url, caFile: project.caFile, seconds: 600, get: ["/"] };
    const before = await names();
    const low = startLoadProcess({ ...common, rate: LOW });
    const step = startLoadProcess({ ...common, rate: STEP });
    try {
      await eventually(120, async () => {
        const healthy = (await project.replicas()).filter(({ Health }) => Health === "healthy");
        assert.ok(healthy.length >= FEWEST, JSON.stringify(await project.status()));
      });
      const report = await step.stop();
      assert.deepEqual(report.failures, [], summary(report));
      // The containers that Compose itself made stay; the added ones go.
      await eventually(240, async () => assert.deepEqual(await names(), before, JSON.stringify(await project.status())), 2000);
    } finally {
      await step.stop();
      const report = await low.stop();
      assert.deepEqual(report.failures, [], summary(report));
    }
  });
});
