import assert from "node:assert/strict";
import fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import type { PostgresConnection, RedisConnection } from "../data";
import { recordResources, valueOf } from "../platform/testing/mocks";
import { RecordingPlatform } from "../platform/testing/recording";
import { SHORTEST_DRAIN_SECONDS, stopOf, updateOf, validate, type Ref } from "../workload";
import type { AppServiceOptions, AppTierOptions } from "./options";

let app: typeof import("./index.js");
let platform: RecordingPlatform;
let database: PostgresConnection;
let cache: RedisConnection;
let scraper: Ref;
let count = 0;

const unique = (name: string) => `${name}-${(count += 1)}`;
const tier = (options: Partial<AppTierOptions> = {}) =>
  new app.AppTier(unique("app"), {
    platform,
    images: { backend: "backend@sha256:1", frontend: "frontend@sha256:2" },
    database,
    cache,
    ...options,
  });

describe("AppTier", () => {
  before(async () => {
    await recordResources();
    app = await import("./index.js");
  });

  beforeEach(() => {
    platform = new RecordingPlatform(unique("platform"));
    scraper = platform.declare("prometheus", { ports: { http: 9090 }, segment: "monitoring" });
    database = {
      ref: platform.declare("postgres", { ports: { postgres: 5432 }, segment: "postgres" }),
      database: "orders",
      user: "orders_app",
      passwordSecret: platform.secret("postgres-password", pulumi.secret("p")),
      caPem: pulumi.output("database authority"),
    };
    cache = {
      ref: platform.declare("redis", { ports: { redis: 6380 }, segment: "redis" }),
      user: "queue",
      passwordSecret: platform.secret("redis-password", pulumi.secret("r")),
      caPem: pulumi.output("cache authority"),
    };
  });

  it("declares both services before they run: names, ports, segment", () => {
    const refs = app.AppTier.declare(platform);
    assert.deepEqual([refs.backend.fullName, refs.frontend.fullName], ["testbro-backend", "testbro-frontend"]);
    assert.deepEqual(
      [refs.backend.ports, refs.frontend.ports],
      [
        { http: 3001, metrics: 9464 },
        { http: 3000, metrics: 9464 },
      ],
    );
    assert.deepEqual([refs.backend.segment, refs.frontend.segment], ["edge", "edge"]);
    assert.deepEqual(platform.runs, []);
  });

  it("runs what was declared, under itself, with the ports and addresses in the environment", async () => {
    const refs = app.AppTier.declare(platform, { backend: { http: 8080 } });
    const made = tier({ refs });
    assert.equal(made.backend.ref, refs.backend);
    assert.equal(made.frontend.ref, refs.frontend);
    assert.deepEqual(
      platform.runs.map(({ opts }) => opts?.parent),
      [made, made],
    );
    assert.match(await valueOf(made.backend.resource.urn), /testbro:app:AppTier\$test:platform:Workload::testbro-backend$/);
    assert.deepEqual(platform.workload("backend").ports, [
      { name: "http", container: 8080 },
      { name: "metrics", container: 9464 },
    ]);
    assert.equal(platform.workload("backend").env?.["PORT"], "8080");
    assert.equal(platform.workload("frontend").env?.["PORT"], "3000");
  });

  it("tells the backend where database and cache are, and gives it their passwords as files", async () => {
    tier();
    const { env = {}, secrets = {}, files = {}, connects } = platform.workload("backend");
    assert.deepEqual(
      ["DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER", "REDIS_HOST", "REDIS_PORT", "REDIS_USER"].map((key) => env[key]),
      ["testbro-postgres", "5432", "orders", "orders_app", "testbro-redis", "6380", "queue"],
    );
    assert.equal(secrets[env["DATABASE_PASSWORD_FILE"] as string], database.passwordSecret);
    assert.equal(secrets[env["REDIS_PASSWORD_FILE"] as string], cache.passwordSecret);
    assert.equal(await valueOf(files[env["DATABASE_CA_FILE"] as string]!.content), "database authority");
    assert.equal(await valueOf(files[env["REDIS_CA_FILE"] as string]!.content), "cache authority");
    assert.deepEqual(connects, [database.ref, cache.ref]);
  });

  it("gives the frontend neither database nor secrets", () => {
    tier();
    const { env = {}, secrets, connects } = platform.workload("frontend");
    assert.deepEqual([secrets, connects], [undefined, undefined]);
    assert.deepEqual(Object.keys(env).sort(), ["DRAIN_SECONDS", "METRICS_PORT", "PORT"]);
  });

  it("restarts on liveness alone, which asks nobody else", () => {
    tier();
    const timing = { interval: 2, timeout: 5, retries: 3, startPeriod: 20 };
    assert.deepEqual(platform.workload("backend").health, {
      live: { http: { port: "http", path: "/health" }, ...timing },
      ready: { http: { port: "http", path: "/health/ready" }, ...timing },
    });
    assert.deepEqual(platform.workload("frontend").health, { live: { http: { port: "http", path: "/" }, ...timing } });
  });

  for (const name of ["backend", "frontend"] as const) {
    it(`replaces the ${name} start-first, watches it long enough, rolls it back, and drains it`, () => {
      tier();
      const workload = platform.workload(name);
      const update = updateOf(workload);
      assert.deepEqual([update.order, update.parallelism, update.failure], ["start-first", 1, "rollback"]);
      const { interval, timeout, retries } = { interval: 0, timeout: 0, retries: 0, ...workload.health.live };
      assert.ok(update.monitor >= retries * (interval + timeout) + 5);
      const stop = stopOf(workload);
      assert.deepEqual([stop.drain, stop.grace, workload.env?.["DRAIN_SECONDS"]], [5, 30, "5"]);
      assert.ok(stop.drain >= SHORTEST_DRAIN_SECONDS);
    });

    it(`runs the ${name} as nobody special, read-only`, () => {
      tier();
      const { security } = platform.workload(name);
      assert.ok(security.user.uid > 0 && security.user.gid > 0);
      assert.notEqual(security.readOnlyRoot, false);
      assert.deepEqual(security.capabilities ?? [], []);
    });
  }

  it("scales as TestBro does unless told otherwise", () => {
    tier();
    assert.deepEqual(platform.workload("backend").scale, { min: 2, max: 10, cpu: 70, memory: 80 });
    assert.deepEqual(platform.workload("frontend").scale, { min: 2, max: 5, cpu: 60, memory: 70 });
  });

  it("is scraped where there is a scraper, and lists its targets either way", () => {
    const made = tier({ scraper, frontend: { scale: { replicas: 1 } } });
    assert.deepEqual(platform.workload("backend").metrics, { port: "metrics", path: "/metrics", scraper });
    assert.deepEqual(made.targets, [
      { tier: "app", ref: made.refs.backend, port: "metrics", path: "/metrics", minimum: 2 },
      { tier: "app", ref: made.refs.frontend, port: "metrics", path: "/metrics", minimum: 1 },
    ]);
  });

  it("takes every option of one service without touching the other", () => {
    const options: AppServiceOptions = {
      scale: { replicas: 3 },
      resources: { limits: { cpu: 4 } },
      env: { LOG_LEVEL: "debug", PORT: "3001" },
      placement: { labels: { type: "app" }, spread: "zone" },
      health: { retries: 5 },
      stop: { drain: 12 },
      update: { parallelism: 2 },
      workload: { connects: [scraper], health: { live: { http: { path: "/alive" } } } },
    };
    tier({ backend: options });
    const workload = platform.workload("backend");
    assert.deepEqual(workload.scale, { replicas: 3 });
    assert.deepEqual(workload.resources, { limits: { cpu: 4, memory: "512Mi" }, reservations: { cpu: "250m", memory: "256Mi" } });
    assert.equal(workload.env?.["LOG_LEVEL"], "debug");
    assert.equal(workload.env?.["DRAIN_SECONDS"], "12");
    assert.deepEqual(workload.placement, options.placement);
    assert.deepEqual(workload.health.live, {
      http: { port: "http", path: "/alive" },
      interval: 2,
      timeout: 5,
      retries: 5,
      startPeriod: 20,
    });
    assert.deepEqual(workload.stop, { drain: 12, grace: 30 });
    assert.equal(workload.update?.parallelism, 2);
    assert.deepEqual(workload.connects, [scraper]);
    const other = new RecordingPlatform(unique("platform"));
    tier({ platform: other });
    assert.deepEqual(platform.workload("frontend").scale, other.workload("frontend").scale);
    assert.deepEqual(platform.workload("frontend").env, other.workload("frontend").env);
  });

  it("stays sound for whatever sound options it is given", () => {
    const options = fc.record(
      {
        scale: fc.oneof(
          fc.record({ replicas: fc.nat(20) }),
          fc.integer({ min: 1, max: 9 }).chain((min) => fc.record({ min: fc.constant(min), max: fc.integer({ min, max: 20 }) })),
        ),
        resources: fc.record({ limits: fc.record({ cpu: fc.constantFrom("1500m", 2), memory: fc.constantFrom("1Gi", "2G") }) }),
        health: fc.record({ interval: fc.integer({ min: 1, max: 60 }), retries: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: [] }),
        stop: fc.record({ drain: fc.integer({ min: SHORTEST_DRAIN_SECONDS, max: 29 }) }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(options, options, (backend, frontend) => {
        const recording = new RecordingPlatform(unique("platform"));
        tier({ platform: recording, backend, frontend });
        for (const { ref, workload } of recording.runs) assert.deepEqual(validate(ref.name, workload), []);
        const { scale } = recording.workload("backend");
        assert.deepEqual(scale, backend.scale ?? { min: 2, max: 10, cpu: 70, memory: 80 });
      }),
      { numRuns: 50 },
    );
  });

  const refused: [string, Partial<AppTierOptions>, RegExp][] = [
    ["min above max", { backend: { scale: { min: 9, max: 3 } } }, /backend\.scale\.min: 9 is above max 3/],
    ["a drain as long as the grace", { frontend: { stop: { drain: 30 } } }, /frontend\.stop\.grace: 30 s is not longer/],
    ["a drain balancers cannot follow", { backend: { stop: { drain: 2 } } }, /backend\.stop\.drain: 2 s is shorter than the 4 s/],
    ["a monitor that sees no failure", { backend: { update: { monitor: 5 } } }, /backend\.update\.monitor: 5 s/],
    ["no image", { images: { backend: "", frontend: "x" } }, /backend\.image: is missing/],
    ["more reserved than allowed", { backend: { resources: { limits: { cpu: "50m" } } } }, /backend\.resources\.reservations\.cpu/],
    [
      "a probe of a port that is not there",
      { frontend: { workload: { health: { live: { http: { port: "x" } } } } } },
      /frontend\.health\.live\.port: port "x"/,
    ],
    [
      "other ports than declared",
      {
        backend: {
          workload: {
            ports: [
              { name: "http", container: 1 },
              { name: "metrics", container: 9464 },
            ],
          },
        },
      },
      /backend\.ports: port "http" was declared as 3001 but the workload has 1/,
    ],
  ];
  for (const [what, options, message] of refused) {
    it(`refuses ${what}, running nothing`, () => {
      assert.throws(() => tier(options), message);
      assert.deepEqual(platform.runs, []);
    });
  }

  it("reports the problems of both services at once, as its own", () => {
    assert.throws(
      () => tier({ images: { backend: "", frontend: "" }, frontend: { scale: { replicas: -1 } } }),
      (error: Error) => {
        assert.ok(pulumi.ResourceError.isInstance(error));
        assert.match(error.message, /backend\.image[^]*frontend\.image[^]*frontend\.scale\.replicas/);
        return true;
      },
    );
  });

  it("lets Pulumi's own transformations reach what it creates", async () => {
    const seen: string[] = [];
    const made = new app.AppTier(
      unique("app"),
      { platform, images: { backend: "b", frontend: "f" }, database, cache },
      { transformations: [({ name }) => (seen.push(name), undefined)] },
    );
    await valueOf(made.backend.resource.urn);
    assert.deepEqual(seen.slice(1).sort(), ["testbro-backend", "testbro-frontend"]);
  });
});
