import assert from "node:assert/strict";
import { eventually, must, script, CHECKOUT } from "./commands";
import { assertRefused, type Context } from "./context";

interface Run {
  id: string;
  name: string;
}

interface Target {
  labels: Record<string, string>;
  health: string;
  lastError: string;
  scrapeUrl: string;
}

/** What a TestBro that runs has to do. */
export function serving(context: Context): void {
  describe("serves", () => {
    it("the frontend over HTTPS, with a certificate of its own authority", async () => {
      const { status, headers, body } = await context.app.request("/");
      assert.equal(status, 200);
      assert.match(headers["content-type"] ?? "", /^text\/html/);
      assert.match(body, /TestBro/);
    });

    it("a redirect from HTTP to HTTPS", async () => {
      const { app } = context.app.status.urls;
      const { status, headers } = await context.app.request("http://localhost:8080/some/page?x=1");
      assert.equal(status, 308);
      assert.equal(headers.location, new URL("/some/page?x=1", app).href);
    });

    it("what was posted, from PostgreSQL first and from Redis after that", async () => {
      const { name } = context.keptRun;
      const { id } = await context.app.json<Run>("/api/runs", { method: "POST", body: { name }, expect: 201 });
      context.keptRun.id = id;
      const reads = [await context.app.request(`/api/runs/${id}`), await context.app.request(`/api/runs/${id}`)];
      assert.deepEqual(
        reads.map(({ status, headers, body }) => [status, headers["x-cache"], (JSON.parse(body) as Run).name]),
        [
          [200, "miss", name],
          [200, "hit", name],
        ],
      );
    });

    it("jobs from the queue", async () => {
      const { id } = await context.app.json<{ id: string }>("/api/jobs", { method: "POST", body: { milliseconds: 10 }, expect: 202 });
      context.keptJob = id;
      await eventually(10, async () => {
        assert.equal((await context.app.json<{ state: string }>(`/api/jobs/${id}`)).state, "completed");
      });
    });

    it("WebSockets", async () => {
      const [hello, echo] = await context.app.echo("does this come back?");
      assert.equal(hello?.type, "hello");
      assert.deepEqual(echo, { type: "echo", replica: hello?.replica, message: "does this come back?" });
    });

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

    it("Prometheus, with every target up", async () => {
      const { activeTargets } = await eventually(
        60,
        async () => {
          const targets = await context.app.prometheus<{ activeTargets: Target[] }>("targets?state=active");
          const down = targets.activeTargets.filter(({ health }) => health !== "up");
          assert.deepEqual(
            down.map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`),
            [],
          );
          // Two replicas of the backend and two of the frontend, the balancer, PostgreSQL and Redis.
          assert.ok(targets.activeTargets.length >= 7, `${targets.activeTargets.length} targets`);
          return targets;
        },
        2000,
      );
      const jobs = activeTargets.map(({ labels }) => labels["job"] ?? "").join(" ");
      for (const part of ["backend", "frontend", "postgres", "redis", "nginx"]) assert.match(jobs, new RegExp(part));
    });

    it("a status that a script can read", () => {
      const { healthy, services } = context.app.status;
      assert.equal(healthy, true);
      for (const name of ["testbro-backend", "testbro-frontend"]) {
        assert.deepEqual(
          services.find((service) => service.name === name),
          { name, desired: 2, running: 2, healthy: 2 },
        );
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
