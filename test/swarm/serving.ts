import assert from "node:assert/strict";
import { eventually, must, script, CHECKOUT } from "./commands";
import { assertRefused, type Context } from "./context";
import { scrapesEverything, servesUsers } from "./users";

/** What a TestBro that runs has to do. */
export function serving(context: Context): void {
  describe("serves", () => {
    servesUsers(context, "http://localhost:8080/");

    it("from every replica", async () => {
      const replicas = new Set<string>();
      await eventually(
        10,
        async () => {
          replicas.add((await context.app.json<{ replica: string }>("/api/whoami")).replica);
          assert.equal(replicas.size, 2);
        },
        10,
      );
    });

    // Two replicas of the backend and two of the frontend, the balancer, PostgreSQL and Redis.
    scrapesEverything(context, 7);

    it("a status that a script can read", () => {
      const { healthy, services } = context.app.status;
      assert.equal(healthy, true);
      for (const name of ["testbro-backend", "testbro-frontend"]) {
        const { desired, running, healthy: serving } = services.find((service) => service.name === name) ?? assert.fail(name);
        assert.deepEqual([desired, running, serving], [2, 2, 2], name);
      }
    });

    it("in keeping with the policies at their strictest, which refuse what is not", async () => {
      const kept = await script("preview", ["--policy", "strict", "--expect-no-changes"]);
      assert.equal(kept.code, 0, kept.output);
      assert.match(kept.output, /testbro@v[\d.]+/, "the policies did not run");
      const refused = await script("preview", ["--policy", "strict", "--config", "testbro:encryptedNetworks=false"]);
      assertRefused(refused, /network-encrypted-overlay/);
    });

    it("without having written into the checkout", async () => {
      // Somebody may be working in it, so only what the stack could have left: its state, its configuration, its secrets.
      const changed = await must("git", ["-C", CHECKOUT, "status", "--porcelain", "--", "Pulumi.*", ".pulumi", "stacks/*.yaml"]);
      assert.equal(changed, "");
    });
  });
}
