import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import assert from "node:assert/strict";
import { script } from "./commands";
import { config, imagesWith } from "./configuration";
import { assertRefused, type Context } from "./context";

/** Mistakes that are found before anything is made. */
export function refusedBeforeTheStart(context: Context): void {
  describe("what cannot be deployed is refused before anything is made", () => {
    it("an engine that is not reachable", async () => {
      const result = await script("up", [], { env: { DOCKER_HOST: "unix:///no/such/engine.sock" } });
      assertRefused(result, /DOCKER_HOST/, /\/no\/such\/engine\.sock/);
    });

    it("wrong keys and values, all of them at once", async () => {
      const wrong = config("replicas=3", "backend.scale.min=0", "backend.resources.limits.memory=0", "domain=no domain");
      const result = await script("up", wrong, { timeout: 900_000 });
      assertRefused(
        result,
        /testbro:replicas: not a configuration key\. Fix: /,
        /testbro:backend\.scale.*Fix: /,
        /testbro:backend\.resources\.limits\.memory: 0.*Fix: /,
        /testbro:domain: "no domain".*Fix: /,
      );
      await context.openEngine();
      assert.deepEqual(await context.engine.lines("service", "ls", "--quiet"), []);
    });

    it("values that contradict each other", async () => {
      const wrong = config("backend.scale.min=9", "frontend.resources.limits.memory=16Mi", "httpPort=8443");
      assertRefused(
        await script("up", wrong),
        /testbro:backend\.scale\.min: 9 is above max 5\. Fix: /,
        /testbro:frontend\.resources\.reservations\.memory: .* is above the limit 16Mi\. Fix: /,
        /testbro:httpPort: 8443 is also httpsPort\. Fix: /,
      );
    });

    it("an empty value where one is needed", async () => {
      assertRefused(await script("up", config(...(await imagesWith({ backend: "" })))), /testbro:images\.backend: "".*Fix: /);
    });

    it("a port that something else listens on", async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const { port } = other.address() as AddressInfo;
      const result = await script("up", ["--config", `testbro:httpsPort=${port}`]);
      await new Promise((resolve) => other.close(resolve));
      assertRefused(result, new RegExp(`testbro:httpsPort: port ${port} is taken .*Fix: `));
    });

    it("an option that down does not have", async () => {
      assertRefused(await script("down", ["--everything"]), /--everything: not an option of down\. Fix: /);
    });
  });
}

/** Mistakes on a stack that runs: it has to go on running as it was. */
export function refusedOnARunningStack(context: Context): void {
  describe("what cannot be deployed leaves a running stack alone", () => {
    it("a wrong passphrase", async () => {
      const result = await script("up", [], { env: { PULUMI_CONFIG_PASSPHRASE: "not the right one" } });
      assertRefused(result, /passphrase in PULUMI_CONFIG_PASSPHRASE does not open .*Fix: /);
    });

    it("data is not deleted without being asked twice", async () => {
      assertRefused(await script("down", ["--volumes"]), /--volumes deletes all data .*Fix: confirm with --yes/);
    });

    it("an image that is not there", async () => {
      const before = await context.engine.tasks(context.service("backend"));
      const result = await script("up", config(...(await imagesWith({ backend: "testbro-backend:never-built" }))));
      assertRefused(result, /testbro-backend:never-built/, /testbro-backend/);
      assert.deepEqual(
        (await context.engine.tasks(context.service("backend"))).map(({ ID }) => ID),
        before.map(({ ID }) => ID),
        "the replicas that served before serve on",
      );
      assert.equal((await context.app.request("/api/whoami")).status, 200);
    });
  });
}
