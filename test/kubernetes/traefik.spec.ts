import assert from "node:assert/strict";
import { eventually } from "../swarm/commands";
import { scrapesTargets, servesUsers } from "../swarm/users";
import { changes } from "./changes";
import { Context, FEWEST, PORTS, timed } from "./context";
import { reach } from "./reach";
import { removal } from "./removal";
import { rights } from "./rights";

/** What the discovery's account is asked to do, and whether it may. */
const ASKED: [allowed: "yes" | "no", ...question: string[]][] = [
  ["yes", "list", "endpointslices.discovery.k8s.io"],
  ["yes", "watch", "endpointslices.discovery.k8s.io"],
  ["no", "get", "endpointslices.discovery.k8s.io"],
  ["no", "create", "endpointslices.discovery.k8s.io"],
  ["no", "delete", "endpointslices.discovery.k8s.io"],
  ["no", "list", "endpointslices.discovery.k8s.io", "--namespace=default"],
  ["no", "list", "endpointslices.discovery.k8s.io", "--all-namespaces"],
  ["no", "list", "services"],
  ["no", "list", "pods"],
  ["no", "list", "secrets"],
  ["no", "list", "configmaps"],
  ["no", "list", "nodes"],
];

describe("the production stack behind Traefik on a real cluster of one node", function () {
  this.timeout(1_200_000);
  this.slow(60_000);
  const context = new Context({ nodes: 1, balancer: "traefik", storageClass: { name: "kept", reclaimPolicy: "Delete" } });

  before("the stack is up", async () => {
    await context.begin();
    await timed("first up", () => context.up());
    for (const workload of ["backend", "frontend", "traefik"]) await context.replicas(workload, FEWEST, 120);
  });
  after("leave nothing", () => context.end());

  describe("serves", () => {
    servesUsers(context, `http://testbro.test:${PORTS.http}/`);
    // Three replicas of backend, frontend and balancer, two of its discovery, two exporters.
    scrapesTargets(context, 3 * FEWEST + 4, "traefik");

    it("and is complete: nothing is left to change", async () => {
      await timed("preview", () => context.stack.must(["preview", "--expect-no-changes"]));
    });
  });

  rights(context, ["prometheus", "traefik-discovery"]);

  describe("asks the cluster for little", () => {
    it("lets the discovery see addresses of its namespace, and nothing else", async () => {
      const account = `system:serviceaccount:${context.kubectl.namespace}:testbro-traefik-discovery`;
      const answers = [];
      for (const [, ...question] of ASKED) {
        const { stdout } = await context.kubectl.attempt("auth", "can-i", ...question, `--as=${account}`);
        answers.push([stdout.trim(), ...question]);
      }
      assert.deepEqual(answers, ASKED);
    });

    it("needs no kind that a plain cluster does not have, and no role of the whole cluster: the stack's only one is Prometheus's at the kubelets", async () => {
      const definitions = await context.kubectl.must("get", "customresourcedefinitions", "-o", "name");
      assert.equal(definitions.trim(), "");
      // Those of the cluster itself are called testbro:… here; the provider adds to the names.
      const roles = await context.kubectl.must("get", "clusterroles,clusterrolebindings", "-o", "name");
      const own = roles.split("\n").filter((name) => /testbro-|traefik/.test(name));
      assert.deepEqual(
        own.map((name) => name.replace(/-[0-9a-f]+$/, "")).sort(),
        ["clusterrole", "clusterrolebinding"].map((kind) => `${kind}.rbac.authorization.k8s.io/testbro-prometheus-nodes`),
      );
    });
  });

  reach(context);
  changes(context);

  describe("leaves", () => {
    it("and gives its place to nginx in one `up`, while app and data run on as they are", async () => {
      const pods = async (workloads: string[]) =>
        (await Promise.all(workloads.map((name) => context.kubectl.pods(name)))).flat().map(({ metadata }) => metadata.name);
      for (const workload of ["backend", "frontend"]) await context.replicas(workload, FEWEST, 120);
      const kept = ["backend", "frontend", "postgres", "redis"];
      const before = await pods(kept);
      await timed("from Traefik to nginx", () => context.up({ loadBalancer: "nginx" }));
      await context.replicas("nginx", FEWEST, 120);
      assert.equal((await context.app.request("/")).status, 200);
      assert.deepEqual((await pods(kept)).sort(), before.sort());
      await eventually(120, async () => assert.deepEqual(await pods(["traefik", "traefik-discovery"]), []));
    });
  });

  removal(context, false);
});
