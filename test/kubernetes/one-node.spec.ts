import { servesUsers, scrapesEverything } from "../swarm/users";
import { refused } from "./bad-input";
import { changes } from "./changes";
import { containerMetrics } from "./container-metrics";
import { Context, FEWEST, PORTS, timed } from "./context";
import { disruption } from "./disruption";
import { entrance } from "./entrance";
import { reach } from "./reach";
import { releases } from "./releases";
import { removal } from "./removal";
import { rights } from "./rights";
import { scaling } from "./scaling";
import { scalingByRequests } from "./scaling-by-requests";

// One cluster and one stack for all parts, in the order of a life: each `up` costs most of a minute.
describe("the production stack on a real cluster of one node", function () {
  this.timeout(1_200_000);
  this.slow(60_000);
  const context = new Context({ nodes: 1, storageClass: { name: "kept", reclaimPolicy: "Retain" } });

  before("a cluster runs", () => context.begin());
  after("leave nothing", () => context.end());

  refused(context);

  describe("once it is up", () => {
    before("the stack is up", async () => {
      await timed("first up", () => context.up());
      // A Deployment without a number of replicas starts with one, until the HorizontalPodAutoscaler has looked at it.
      for (const workload of ["backend", "frontend", "nginx"]) await context.replicas(workload, FEWEST, 120);
    });

    describe("serves", () => {
      servesUsers(context, `http://testbro.test:${PORTS.http}/`);
      // Three replicas of backend, frontend and balancer, two exporters, two pages of the kubelet.
      scrapesEverything(context, 3 * FEWEST + 4);

      it("and is complete: nothing is left to change", async () => {
        await timed("preview", () => context.stack.must(["preview", "--expect-no-changes"]));
        await timed("up without a change", () => context.up());
      });
    });

    // Prometheus asks the kubelets.
    rights(context, ["prometheus"]);
    containerMetrics(context);
    reach(context);
    entrance(context);
    disruption(context);
    changes(context);
    scaling(context);
    releases(context);
    scalingByRequests(context);
    removal(context, true);
  });
});
