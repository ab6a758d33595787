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
});
