import { refusedBeforeTheStart, refusedOnARunningStack } from "./bad-input";
import { script } from "./commands";
import { Context } from "./context";
import { Engine } from "./engine";
import { down, interrupted, makeUnrelated, removeUnrelated } from "./lifecycle";
import { outages } from "./outages";
import { scaling } from "./scaling";
import { serving } from "./serving";
import { updates } from "./updates";

// One stack for all parts, in the order of a life: each `up` costs most of a minute.
describe("the local stack on a real Swarm", function () {
  this.timeout(900_000);
  this.slow(30_000);
  const context = new Context();

  before("take away what an earlier run left", async () => {
    await script("down", ["--volumes", "--yes"]);
  });

  after("leave nothing", async () => {
    await script("down", ["--volumes", "--yes"], { timeout: 300_000 });
    await Engine.stop();
  });

  refusedBeforeTheStart(context);

  describe("beside something of somebody else's", () => {
    before(async () => {
      await context.openEngine();
      await removeUnrelated(context.engine);
      await makeUnrelated(context.engine);
    });
    after(() => removeUnrelated(context.engine));

    interrupted(context);
    describe("once it is up", () => {
      // Without a stack the rest could only fail in a hundred confusing ways.
      before("the stack is up", () => void context.app);
      serving(context);
      refusedOnARunningStack(context);
      updates(context);
      outages(context);
      scaling(context);
      down(context);
    });
  });
});
