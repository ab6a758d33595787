import assert from "node:assert/strict";
import fc from "fast-check";
import { Metrics } from "./metrics";
import { createServer } from "./server";

describe("status page and API", () => {
  const pauses: [string, number, string][] = [];
  const daemon = {
    status: () => ({ services: [], problems: [] }),
    decisions: () => [],
    history: () => [],
    pause: (service: string, until: number, by: string) => void pauses.push([service, until, by]),
    resume: () => undefined,
    holdForDeploy: async (until: number, by: string) => void pauses.push(["deploy", until, by]),
    endDeploy: () => void pauses.push(["deploy", 0, ""]),
  };
  const make = (token?: string) =>
    createServer({ daemon, metrics: new Metrics(), now: () => 1000, ...(token === undefined ? {} : { token }) });
  const post = (app: ReturnType<typeof make>, payload: unknown, authorization?: string) =>
    app.inject({
      method: "POST",
      url: "/api/pause",
      headers: { "content-type": "application/json", ...(authorization ? { authorization } : {}) },
      payload: JSON.stringify(payload) ?? "",
    });

  it("serves a page that needs nothing from outside and allows nothing inline", async () => {
    const app = make();
    const page = await app.inject("/");
    assert.equal(page.statusCode, 200);
    assert.match(String(page.headers["content-security-policy"]), /default-src 'none'; script-src 'self'/);
    assert.doesNotMatch(page.body, /https?:\/\/|<script>|style=|onclick/);
    assert.equal((await app.inject("/page.js")).statusCode, 200);
    assert.match((await app.inject("/metrics")).body, /autoscaler_leader/);
    assert.deepEqual((await app.inject("/api/status")).json(), { services: [], problems: [] });
  });

  it("works under a balancer's path, with health and metrics where the platform asks for them", async () => {
    const app = createServer({ daemon, metrics: new Metrics(), now: () => 1000, token: "secret", pathPrefix: "/autoscaler" });
    const page = await app.inject("/autoscaler/");
    assert.equal(page.statusCode, 200);
    assert.doesNotMatch(page.body, /(href|src)="\//, "references are relative");
    assert.equal((await app.inject("/autoscaler")).headers.location, "autoscaler/");
    assert.equal((await app.inject("/api/status")).statusCode, 404);
    for (const path of ["/autoscaler/page.js", "/autoscaler/api/status", "/health", "/metrics"])
      assert.equal((await app.inject(path)).statusCode, 200, path);
    const lease = (path: string, payload: object, authorization?: string) =>
      app.inject({ method: "POST", url: `/autoscaler/api/lease${path}`, payload, headers: authorization ? { authorization } : {} });
    assert.equal((await lease("", { seconds: 60 })).statusCode, 401);
    assert.equal((await lease("", { seconds: 60 }, "Bearer secret")).statusCode, 200);
    assert.equal((await lease("/end", {}, "Bearer secret")).statusCode, 200);
    assert.deepEqual(pauses.splice(0), [
      ["deploy", 1060, "a deploy"],
      ["deploy", 0, ""],
    ]);
  });

  it("takes in the containers' use before it tells the metrics", async () => {
    const order: string[] = [];
    const metrics = new Metrics();
    const tell = metrics.registry.metrics.bind(metrics.registry);
    metrics.registry.metrics = () => {
      order.push("told");
      return tell();
    };
    const containers = { refresh: async () => void order.push("taken in") };
    await createServer({ daemon, metrics, containers }).inject("/metrics");
    assert.deepEqual(order, ["taken in", "told"]);
  });

  it("tells the last decision's rule alone, and what demand is expected to be", async () => {
    const metrics = new Metrics();
    const service = { name: "api", labels: {}, desired: 2, ready: 2, containers: [] };
    const decided = (rule: "steady" | "cooldown", forecast?: number) =>
      metrics.service(service, { min: 1, max: 3 } as never, {
        time: 0,
        from: 2,
        to: 2,
        rule,
        reason: "",
        steps: [],
        votes: [{ signal: "requests", count: 2, rule: "level", reason: "", value: 10, ...(forecast === undefined ? {} : { forecast }) }],
        alerts: [],
      });
    decided("steady", 12);
    decided("cooldown");
    const text = await metrics.registry.metrics();
    assert.match(text, /autoscaler_decision\{service="api",rule="cooldown"\} 1/);
    assert.doesNotMatch(text, /rule="steady"|autoscaler_signal_forecast\{/);
    decided("steady", 12);
    assert.match(await metrics.registry.metrics(), /autoscaler_signal_forecast\{service="api",signal="requests"\} 12/);
    metrics.keep(new Set());
    assert.doesNotMatch(await metrics.registry.metrics(), /^autoscaler_(decision|signal_forecast)\{/m);
  });

  it("changes nothing without the right token", async () => {
    const body = { service: "api", seconds: 60 };
    assert.equal((await post(make(), body, "Bearer x")).statusCode, 403);
    for (const given of [undefined, "Bearer wrong", "Basic c2VjcmV0", "Bearer secretsecret"])
      assert.equal((await post(make("secret"), body, given)).statusCode, 401);
    assert.deepEqual(pauses, []);
    assert.equal((await post(make("secret"), body, "Bearer secret")).statusCode, 200);
    assert.deepEqual(pauses.pop(), ["api", 1060, "the API"]);
  });

  it("answers any body with 200 or 400, and pauses only for a valid one", async () => {
    const app = make("secret");
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (body) => {
        assert.equal((await post(app, body, "Bearer secret")).statusCode, 400);
      }),
      { numRuns: 60 },
    );
    for (const seconds of [0, -1, 1e9, 1.5, "60"])
      assert.equal((await post(app, { service: "api", seconds }, "Bearer secret")).statusCode, 400);
    assert.deepEqual(pauses, []);
  });

  it("answers any call with a status and a reason of its own, and changes nothing without the token", async () => {
    const app = make("secret");
    const known = ["/", "/api/status", "/api/pause", "/api/resume", "/api/lease", "/api/lease/end", "/metrics", "/health", "/page.js"];
    const path = fc.oneof(
      fc.constantFrom(
        ...known,
        "/api/services/api/history",
        "/api/services/%00/decisions",
        "/api/services/%zz/history",
        "/api/../etc/passwd",
      ),
      fc.webPath().map((rest) => rest || "/"),
      fc.webSegment().map((name) => `/api/services/${name}/decisions`),
    );
    const credentials = fc.oneof(
      fc.constantFrom(
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "bearer secret",
        "Basic c2VjcmV0",
        "Bearer secret ",
        "Token secret",
        "Bearer secret, Bearer x",
      ),
      fc.string({ unit: "grapheme-ascii" }).map((text) => `Bearer ${text}`),
    );
    const body = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.constant("x".repeat(20_000)),
      fc.record({ service: fc.string(), seconds: fc.integer() }).map((value) => JSON.stringify(value)),
    );
    const type = fc.constantFrom("application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense");
    const method = fc.constantFrom("GET" as const, "POST" as const, "PUT" as const, "DELETE" as const, "OPTIONS" as const);
    await fc.assert(
      fc.asyncProperty(method, path, credentials, body, type, async (verb, url, authorization, payload, contentType) => {
        fc.pre(authorization.trim() !== "Bearer secret");
        const sent = verb === "GET" || verb === "OPTIONS" ? {} : { payload };
        const answer = await app.inject({ method: verb, url, headers: { authorization, "content-type": contentType }, ...sent });
        assert.ok(answer.statusCode < 500, `${verb} ${url}: ${answer.statusCode} ${answer.body}`);
        if (answer.statusCode < 400) return assert.equal(verb, "GET");
        const { error, message } = answer.json<{ error?: string; message?: string }>();
        assert.ok((message ?? error ?? "").length > 5, answer.body);
        assert.doesNotMatch(answer.body, /\n\s+at |node_modules|secret/);
        if (verb === "POST" && /^\/api\/(pause|resume|lease|lease\/end)$/.test(url))
          assert.ok([400, 401, 413, 415].includes(answer.statusCode), `${answer.statusCode}`);
        return undefined;
      }),
      { numRuns: 400 },
    );
    assert.deepEqual(pauses, []);
  });

  it("names what is wrong with a body, its value and what is expected", async () => {
    const app = make("secret");
    for (const [payload, ...parts] of [
      [{ service: "api", seconds: "60" }, 'body: seconds is "60"', "expected number"],
      [{ service: "", seconds: 60 }, 'body: service is ""', ">=1"],
      [{ service: "api", seconds: 1e9 }, "body: seconds is 1000000000", "<=86400"],
      [{ service: "api", seconds: 60, image: "x" }, '"image" ("x") is not known', "take it away"],
      [[], "body: everything is []", "expected object"],
    ] as const) {
      const { problems } = (await post(app, payload, "Bearer secret")).json<{ problems: string[] }>();
      for (const part of parts) assert.ok(problems.join().includes(part), `${part} in ${problems.join()}`);
    }
    const { error } = (
      await app.inject({
        method: "POST",
        url: "/api/pause",
        headers: { "content-type": "application/json", authorization: "Bearer secret" },
        payload: "{",
      })
    ).json<{ error: string }>();
    assert.match(error, /JSON/);
  });
});
