import assert from "node:assert/strict";
import { settingsOf } from "@testbro/components/observability";
import { startLoadProcess, summary } from "../load";
import { answersEveryPanel } from "../observability/panels";
import { Users } from "../observability/users";
import { eventually, mustScript, script } from "../swarm/commands";
import { Context } from "../swarm/context";
import { Engine } from "../swarm/engine";
import { servesUsers } from "../swarm/users";
import { isBalancers, named, planned, tasksByService } from "./changes";
import { dashboard } from "./dashboard";

const TRAEFIK = ["--config", "testbro:loadBalancer=traefik"];

/** Services that belong to a balancer, by the ends of their names. */
const NGINX_SERVICES = ["nginx", "nginx-bundle"];
const TRAEFIK_SERVICES = ["traefik", "traefik-discovery"];

/** What runs on as it is while the balancer is changed; Prometheus gets other targets. */
const UNTOUCHED = [
  ...["autoscaler", "backend", "blackbox", "engine-gate", "frontend", "node-exporter", "postgres", "postgres-exporter"],
  ...["redis", "redis-exporter"],
];

/** Longest time without an answer while one balancer takes the other's place; it is some seconds, and more on a busy machine. */
const LONGEST_GAP_SECONDS = 60;

// One stack for all parts, in the order of a life: each `up` costs most of a minute.
describe("the local stack with Traefik on a real Swarm", function () {
  this.timeout(900_000);
  this.slow(60_000);
  const context = new Context();

  before("take away what an earlier run left, and bring it up", async () => {
    await script("down", ["--volumes", "--yes"]);
    await context.up(...TRAEFIK);
  });
  after("leave nothing", async () => {
    await script("down", ["--volumes", "--yes"], { timeout: 300_000 });
    await Engine.stop();
  });

  describe("serves", () => {
    servesUsers(context, "http://localhost:8080/");

    it("from every replica", async () => {
      const replicas = new Set<string>();
      await eventually(
        20,
        async () => {
          replicas.add((await context.app.json<{ replica: string }>("/api/whoami")).replica);
          assert.ok(replicas.size >= 2);
        },
        10,
      );
    });

    it("Prometheus, with what Traefik counts", async () => {
      await eventually(60, async () => {
        const count = async (query: string) => {
          const { result } = await context.app.prometheus<{ result: object[] }>(`query?query=${encodeURIComponent(query)}`);
          return result.length;
        };
        assert.equal(await count("up == 0"), 0);
        assert.equal(await count('count(traefik_service_server_up{service="api@swarm"} == 1) >= 2'), 1);
        assert.ok((await count('traefik_router_requests_total{router="api@http",code="200"}')) > 0);
      });
    });

    it("in keeping with the policies at their strictest, and with nothing left to change", async () => {
      const kept = await script("preview", ["--policy", "strict", "--expect-no-changes", ...TRAEFIK]);
      assert.equal(kept.code, 0, kept.output);
      assert.match(kept.output, /testbro@v[\d.]+/, "the policies did not run");
    });
  });

  it("answers every query of the dashboards that show what the balancer counts", async () => {
    const users = new Users(context.app);
    try {
      const query = async (expr: string) =>
        (await context.app.prometheus<{ result: unknown[] }>(`query?query=${encodeURIComponent(expr)}`)).result;
      await answersEveryPanel(query, settingsOf({ balancer: "traefik" }), ["Load balancer", "Application performance"]);
    } finally {
      await users.stop();
    }
  });

  dashboard(context);

  describe("gives way to nginx and takes its place again, by one line of configuration", () => {
    for (const [to, args, there, gone] of [
      ["nginx", [], NGINX_SERVICES, TRAEFIK_SERVICES],
      ["traefik", TRAEFIK, TRAEFIK_SERVICES, NGINX_SERVICES],
    ] as const) {
      it(`to ${to}: nothing else is replaced`, async () => {
        const steps = (await planned(...args)).filter((step) => !isBalancers(step));
        const replaced = steps.filter(({ op }) => op !== "update").map(named);
        // Its list of what to scrape, and the password of a dashboard that comes or goes.
        assert.deepEqual(
          replaced.filter((each) => !/ServiceConfig testbro-prometheus-|RandomPassword dashboard$/.test(each)),
          [],
        );
        const updated = steps.filter(({ op }) => op === "update").map(named);
        assert.deepEqual(
          updated.filter((each) => each !== "docker:index/service:Service testbro-prometheus" && !each.startsWith("pulumi:")),
          [],
        );

        const before = await tasksByService(context);
        const { urls, caFile } = context.app.status;
        const load = startLoadProcess({ url: urls.app, caFile, rate: 10, seconds: 600, get: ["/", "/api/whoami"] });
        await context.up(...args);
        const report = await load.stop();
        const after = await tasksByService(context);
        for (const name of UNTOUCHED) {
          const tasks = before[`testbro-${name}`] ?? assert.fail(`no service testbro-${name}`);
          // The auto-scaler may have added some: on a busy machine this takes more CPU than two replicas are meant to.
          assert.deepEqual(
            tasks.filter((id) => !after[`testbro-${name}`]?.includes(id)),
            [],
            name,
          );
        }
        for (const name of there) assert.ok((after[`testbro-${name}`]?.length ?? 0) > 0, name);
        for (const name of gone) assert.equal(after[`testbro-${name}`], undefined, name);

        const failedAt = report.failures.map(({ sentAt }) => Date.parse(sentAt));
        const gap = failedAt.length > 0 ? (Math.max(...failedAt) - Math.min(...failedAt)) / 1000 : 0;
        console.log(`      ${gap.toFixed(1)} s without a balancer; ${summary(report)}`);
        assert.ok(gap < LONGEST_GAP_SECONDS, `${gap} s without a balancer`);
        const { id, name } = context.keptRun;
        assert.equal((await context.app.json<{ name: string }>(`/api/runs/${id}`)).name, name);
      });
    }

    it("and has nothing left to change", async () => {
      await mustScript("preview", ["--expect-no-changes", ...TRAEFIK]);
    });
  });
});
