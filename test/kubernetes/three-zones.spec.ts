import { Context, FEWEST, timed } from "./context";
import { nodes } from "./nodes";
import { removal } from "./removal";

describe("the production stack on three nodes in three zones", function () {
  this.timeout(1_200_000);
  this.slow(60_000);
  // Data in the first zone, so that losing another one shows what its absence does to what has replicas.
  const context = new Context({ nodes: 3, storageClass: { name: "first-zone", reclaimPolicy: "Delete", zone: "zone-1" } });

  before("the stack is up on three nodes", async () => {
    await context.begin();
    await timed("first up", () => context.up());
    for (const workload of ["backend", "frontend", "nginx"]) await context.replicas(workload, FEWEST, 180);
  });
  after("leave nothing", () => context.end());

  nodes(context);
  removal(context, false);
});
