import assert from "node:assert/strict";
import type { App, Reach } from "./app";
import { eventually } from "./commands";

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

/** A deployed app, and what was stored in it early and has to last. */
export interface Served {
  readonly app: App<Reach>;
  keptRun: { id: string; name: string };
  keptJob: string;
}

/** What every user of a TestBro gets, on whatever platform it runs. @param plainUrl where HTTP is answered */
export function servesUsers(context: Served, plainUrl: string): void {
  it("the frontend over HTTPS, with a certificate of its own authority", async () => {
    const { status, headers, body } = await context.app.request("/");
    assert.equal(status, 200);
    assert.match(headers["content-type"] ?? "", /^text\/html/);
    assert.match(body, /TestBro/);
  });

  it("a redirect from HTTP to HTTPS", async () => {
    const { app } = context.app.status.urls;
    const { status, headers } = await context.app.request(new URL("/some/page?x=1", plainUrl).href);
    // Traefik says 301 to what may be sent again as it is, and 308 to the rest.
    assert.ok(status === 308 || status === 301, String(status));
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
}

/** Every replica and every store is scraped. @param fewest targets there have to be @param balancer name of its workload */
export function scrapesTargets(context: Served, fewest: number, balancer: string): void {
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
        assert.ok(targets.activeTargets.length >= fewest, `${targets.activeTargets.length} targets`);
        return targets;
      },
      2000,
    );
    const jobs = activeTargets.map(({ labels }) => labels["job"] ?? "").join(" ");
    for (const part of ["backend", "frontend", "postgres", "redis", balancer]) assert.match(jobs, new RegExp(part));
  });
}

/** The same behind nginx, and what it counts itself. @param fewest targets there have to be */
export function scrapesEverything(context: Served, fewest: number): void {
  scrapesTargets(context, fewest, "nginx");

  it("what the balancer answered, by route and replica, in Prometheus and on its status page", async () => {
    for (let index = 0; index < 20; index += 1) await context.app.request("/api/whoami");
    const labels = async (label: string, query: string) => {
      const { result } = await context.app.prometheus<{ result: { metric: Record<string, string> }[] }>(
        `query?query=${encodeURIComponent(query)}`,
      );
      return result.map(({ metric }) => metric[label]);
    };
    await eventually(30, async () => {
      const routes = await labels("route", "route:nginx_http_requests:rate > 0");
      for (const route of ["api", "prometheus"]) assert.ok(routes.includes(route), `no requests of ${route} among ${routes.join(", ")}`);
      const replicas = await labels("upstream", 'sum by (upstream) (nginx_upstream_attempts_total{route="api"}) > 0');
      assert.ok(replicas.length >= 2, `replicas: ${replicas.join(", ")}`);
    });
    const { status, body } = await context.app.balancerPage();
    assert.equal(status, 200);
    assert.match(body, /<th scope="row">api<\/th>/);
  });
}
