import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { CHECKOUT, type Result } from "../swarm/commands";
import { assertRefused } from "../swarm/context";
import { NAMESPACE, type Context } from "./context";
import { Stack, type Configuration } from "./stack";

interface Kubeconfig {
  clusters: { cluster: { server: string } }[];
  users: { user: { token: string } }[];
}

/** Mistakes, each on a stack without anything in it; the cluster stays as it is. */
export function refused(context: Context): void {
  describe("refuses, with the reason and a code that is not 0", () => {
    let stack: Stack;
    const up = (changes: Configuration): Promise<Result> => stack.attempt(["up", "--yes", "--skip-preview"], changes);

    /** The cluster's kubeconfig with something changed. @returns its path */
    function kubeconfig(name: string, change: (config: Kubeconfig) => void): string {
      const config = JSON.parse(readFileSync(context.machine.kubeconfig, "utf8")) as Kubeconfig;
      change(config);
      const file = join(context.folder, name);
      writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
      return file;
    }

    before(async () => {
      stack = await Stack.make(context.pulumi, join(context.folder, "refused"), context.configuration());
    });

    after("nothing was made in the cluster", async () => {
      const { output } = await context.kubectl.attempt("get", "namespace", NAMESPACE);
      assert.match(output, /NotFound/);
    });

    it("a context that the kubeconfig does not have", async () => {
      assertRefused(await up({ kubernetes: { context: "elsewhere" } }), /testbro:kubernetes\.context: "elsewhere" is not in .*Fix: /);
    });

    it("a kubeconfig that is not there", async () => {
      assertRefused(await up({ kubernetes: { kubeconfig: "/no/such/kubeconfig" } }), /\/no\/such\/kubeconfig does not exist\. Fix: /);
    });

    it("an API server that nobody reaches", async () => {
      // A port that was free a moment ago.
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      const file = kubeconfig("unreachable", ({ clusters }) => {
        for (const { cluster } of clusters) cluster.server = `https://127.0.0.1:${port}`;
      });
      assertRefused(await up({ kubernetes: { kubeconfig: file } }), /cluster is unreachable/, new RegExp(`127\\.0\\.0\\.1:${port}`));
    });

    it("a namespace that the user may not make, and one that is the cluster's own", async () => {
      await context.kubectl.must("create", "serviceaccount", "outsider", "--namespace=default");
      const token = (await context.kubectl.must("create", "token", "outsider", "--namespace=default")).trim();
      const file = kubeconfig("outsider", ({ users }) => {
        for (const { user } of users) user.token = token;
      });
      assertRefused(
        await up({ kubernetes: { kubeconfig: file } }),
        /namespaces .*forbidden: User "system:serviceaccount:default:outsider" cannot .* resource "namespaces"/,
      );
      assertRefused(
        await up({ kubernetes: { namespace: "kube-system" } }),
        /testbro:kubernetes\.namespace: "kube-system": is the cluster's own/,
      );
    });

    it("quantities that are none, and names that are too long, all at once", async () => {
      const name = "a".repeat(64);
      assertRefused(
        await up({
          name,
          backend: { resources: { limits: { memory: "lots" } } },
          postgres: { storage: "10 barrels" },
          kubernetes: { namespace: name },
        }),
        /testbro:name: "a{64}": write 1 to 20 .*Fix: /,
        /testbro:backend\.resources\.limits\.memory: "lots".*Fix: /,
        /testbro:postgres\.storage: "10 barrels".*Fix: /,
        /testbro:kubernetes\.namespace: "a{64}": write at most 63 .*Fix: /,
      );
    });

    it("values that only a component finds to contradict each other", async () => {
      assertRefused(await stack.attempt(["preview"], { prometheus: { storage: "1Gi" } }), /retention\.size: 4Gi is more than .*Fix: /);
    });

    it("a resource whose definition the cluster does not have", async () => {
      const project = { name: "missing-definition", folder: join(CHECKOUT, "test/kubernetes/missing-definition"), stack: "refused" };
      const { kubeconfig: file } = context.machine;
      const other = await Stack.make(context.pulumi, join(context.folder, "missing-definition"), { kubeconfig: file }, project);
      assertRefused(
        await other.tryUp(),
        /cert-manager\.io\/v1/,
        /Certificate/,
        /CustomResourceDefinition is missing; install what brings it|no matches for kind/,
      );
    });
  });
}
