import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { OwnCertificateAuthority } from "../certificates";
import { recordResources, valueOf, type RecordedResource } from "../platform/testing/mocks";
import { RecordingPlatform } from "../platform/testing/recording";
import type { Ref, Secret, Workload } from "../workload";
import type { PostgresOptions } from "./postgres-options";
import type { RedisOptions } from "./redis-options";

let resources: RecordedResource[];
let data: typeof import("./index.js");
let certificates: typeof import("../certificates/index.js");
let platform: RecordingPlatform;
let ca: OwnCertificateAuthority;
let scraper: Ref;
let count = 0;

/** Every component of a spec gets its own name, as URNs are per process. */
const unique = (name: string) => `${name}-${(count += 1)}`;

/** Data of the secret a workload gets at a path. */
async function secretAt(workload: Workload, path: string): Promise<string> {
  const secret: Secret | undefined = workload.secrets?.[path];
  const found = platform.secrets.find((each) => each === secret);
  assert.ok(found, `${path} is none of ${Object.keys(workload.secrets ?? {}).join(", ")}`);
  return valueOf(found.data);
}

describe("data tier", () => {
  before(async () => {
    resources = await recordResources();
    data = await import("./index.js");
    certificates = await import("../certificates/index.js");
  });

  beforeEach(() => {
    resources.splice(0);
    platform = new RecordingPlatform(unique("platform"));
    ca = new certificates.OwnCertificateAuthority(unique("ca"));
    scraper = platform.declare("prometheus", { ports: { http: 9090 }, segment: "monitoring" });
  });

  const postgres = (options: Partial<PostgresOptions> = {}) =>
    new data.PostgresDatabase(unique("db"), { platform, ca, image: "postgres@sha256:1", ...options });
  const redis = (options: Partial<RedisOptions> = {}) =>
    new data.RedisCache(unique("cache"), { platform, ca, image: "redis@sha256:1", ...options });

  describe("PostgresDatabase", () => {
    it("runs one stateful replica, replaced stop-first, on a volume that is kept", () => {
      const database = postgres();
      const workload = platform.workload("postgres");
      assert.equal(workload.kind, "stateful");
      assert.deepEqual(workload.scale, { replicas: 1 });
      assert.equal(workload.update?.order, "stop-first");
      assert.deepEqual(workload.volumes, [{ name: "data", path: "/var/lib/postgresql", size: "20Gi" }]);
      assert.ok((workload.stop?.grace ?? 0) >= 60, "a fast shutdown has time for its checkpoint");
      assert.deepEqual(workload.health.live, {
        exec: ["testbro-postgres-health"],
        interval: 5,
        timeout: 10,
        retries: 3,
        startPeriod: 600,
      });
      assert.equal(database.server.ref, database.ref);
      assert.equal(database.ref.segment, "postgres");
      assert.deepEqual(database.ref.ports, { postgres: 5432 });
    });

    it("gives passwords, certificate and key as files only", async () => {
      const database = postgres();
      const workload = platform.workload("postgres");
      const environment = workload.env as Record<string, string>;
      assert.equal(await secretAt(workload, environment["POSTGRES_PASSWORD_FILE"]!), await valueOf(database.password));
      assert.match(await secretAt(workload, environment["POSTGRES_MONITOR_PASSWORD_FILE"]!), /^generated .*-monitoring-password$/);
      assert.match(await secretAt(workload, environment["POSTGRES_TLS_CERT_FILE"]!), /^certificate of .*-server-certificate\n$/);
      assert.match(await secretAt(workload, environment["POSTGRES_TLS_KEY_FILE"]!), /^key of .*-server-key$/);
      const authority = workload.files?.[environment["POSTGRES_CA_FILE"]!];
      assert.equal(await valueOf(authority!.content), await valueOf(ca.certificatePem));
      assert.equal(await valueOf(database.caPem), await valueOf(ca.certificatePem));
      for (const value of Object.values(environment)) assert.doesNotMatch(value, /generated|key of/);
    });

    it("marks every password and the key as secret", async () => {
      const database = postgres();
      assert.equal(await pulumi.isSecret(database.password), true);
      for (const { name, data: content } of platform.secrets) {
        const secret = await pulumi.isSecret(pulumi.output(content));
        // A certificate is public; it is a secret of the platform only for the sake of its path.
        assert.equal(secret, !name.endsWith("-certificate"), name);
      }
    });

    it("generates long passwords that need no quoting, one for each role", async () => {
      await valueOf(postgres().password);
      const generated = resources.filter(({ type }) => type === "random:index/randomPassword:RandomPassword");
      assert.equal(generated.length, 2);
      for (const { inputs } of generated) {
        assert.equal(inputs["special"], false);
        assert.ok((inputs["length"] as number) >= 32);
      }
    });

    it("takes existing passwords and keeps them secret even when given in plain", async () => {
      const database = postgres({ passwords: { app: "given", monitoring: pulumi.secret("given too") } });
      assert.equal(await valueOf(database.password), "given");
      assert.equal(await pulumi.isSecret(database.password), true);
      assert.equal(await secretAt(platform.workload("postgres"), "/run/secrets/postgres-monitoring-password"), "given too");
      assert.deepEqual(
        resources.filter(({ type }) => type.startsWith("random:")),
        [],
      );
    });

    it("has a certificate for the name clients connect to", async () => {
      const database = postgres();
      await valueOf(database.caPem);
      await valueOf(platform.secrets.find(({ name }) => name === "postgres-certificate")!.data);
      const request = resources.find(({ type }) => type === "tls:index/certRequest:CertRequest");
      assert.deepEqual(request?.inputs["dnsNames"], [database.ref.host]);
    });

    it("is the parent of everything it makes", async () => {
      const database = postgres({ exporter: { image: "exporter", scraper } });
      for (const { opts } of [...platform.runs, ...platform.secrets]) assert.equal(opts?.parent, database);
      const urn = await valueOf(database.server.resource.urn);
      assert.match(urn, /testbro:data:Postgres\$test:platform:Workload::testbro-postgres$/);
    });

    it("runs no exporter unless asked", () => {
      const database = postgres();
      assert.equal(database.exporter, undefined);
      assert.deepEqual(database.targets, []);
      assert.deepEqual(
        platform.runs.map(({ ref }) => ref.name),
        ["postgres"],
      );
    });

    it("runs an exporter in the monitoring segment, as the monitoring role, over verified TLS", async () => {
      const database = postgres({ exporter: { image: "exporter", scraper } });
      const { ref, workload } = platform.recorded("postgres-exporter");
      assert.equal(ref.segment, "monitoring");
      assert.deepEqual(workload.connects, [database.ref]);
      assert.equal(workload.metrics?.scraper, scraper);
      const environment = workload.env as Record<string, string>;
      assert.equal(environment["POSTGRES_HOST"], "testbro-postgres");
      assert.equal(environment["POSTGRES_MONITOR_USER"], platform.workload("postgres").env?.["POSTGRES_MONITOR_USER"]);
      assert.match(await secretAt(workload, environment["POSTGRES_MONITOR_PASSWORD_FILE"]!), /monitoring-password$/);
      assert.ok(workload.files?.[environment["POSTGRES_CA_FILE"]!]);
      assert.equal(environment["PGCONNECT_TIMEOUT"], "2");
      assert.deepEqual(database.targets, [{ tier: "data", ref, port: "metrics", minimum: 1 }]);
    });

    it("takes names, resources, placement, timing, settings and any other field", () => {
      const database = postgres({
        workloadName: "orders-db",
        database: "orders",
        user: "orders_app",
        resources: { limits: { memory: "4Gi" } },
        placement: { labels: { type: "database" } },
        health: { interval: 9 },
        storage: "100Gi",
        settings: { max_connections: "300", "pg_stat_statements.track": "all" },
        workload: { env: { TZ: "UTC" }, stop: { grace: 120 } },
      });
      const workload = platform.workload("orders-db");
      assert.deepEqual([database.database, database.user, database.ref.host], ["orders", "orders_app", "testbro-orders-db"]);
      assert.equal(workload.env?.["POSTGRES_DATABASE"], "orders");
      assert.equal(workload.env?.["POSTGRES_USER"], "orders_app");
      assert.equal(workload.env?.["TZ"], "UTC");
      assert.deepEqual(workload.resources.limits, { cpu: 1, memory: "4Gi" });
      assert.deepEqual(workload.placement, { labels: { type: "database" } });
      assert.equal(workload.health.live.interval, 9);
      assert.equal(workload.volumes?.[0]?.size, "100Gi");
      assert.deepEqual(workload.args, ["-c", "max_connections=300", "-c", "pg_stat_statements.track=all"]);
      assert.equal(workload.stop?.grace, 120);
    });

    const refused: [string, Partial<PostgresOptions>, RegExp][] = [
      ["a database name that needs quoting", { database: "My-DB" }, /\.database: "My-DB"/],
      ["a role PostgreSQL keeps", { user: "postgres" }, /\.user: "postgres" is a role the server needs itself/],
      ["the exporter's role", { user: "testbro_monitor" }, /\.user: "testbro_monitor"/],
      ["a reserved prefix", { user: "pg_me" }, /\.user: "pg_me"/],
      ["a name that is too long", { database: "d".repeat(64) }, /\.database: "d+"/],
      ["an empty password", { passwords: { app: "" } }, /\.passwords\.app: is empty/],
      ["an empty monitoring password", { passwords: { monitoring: "" } }, /\.passwords\.monitoring: is empty/],
      ["TLS switched off", { settings: { ssl: "off" } }, /\.settings: "ssl" is set by the component/],
      ["another certificate", { settings: { ssl_cert_file: "x" } }, /\.settings: "ssl_cert_file"/],
      ["a setting that is none", { settings: { "a b": "1" } }, /\.settings: "a b"/],
      ["a memory limit of zero", { resources: { limits: { memory: 0 } } }, /postgres\.resources\.limits\.memory: 0 is zero/],
      ["no image", { image: "" }, /postgres\.image: is missing/],
    ];
    for (const [what, options, message] of refused) {
      it(`refuses ${what}, creating nothing`, () => {
        assert.throws(() => postgres(options), message);
        assert.deepEqual([platform.runs, platform.secrets], [[], []]);
      });
    }

    it("reports the problems of options, server and exporter at once", () => {
      assert.throws(
        () => postgres({ database: "A", image: "", exporter: { image: "", scraper } }),
        (error: Error) => {
          assert.ok(pulumi.ResourceError.isInstance(error));
          assert.match(error.message, /\.database: "A"[^]*postgres\.image: is missing[^]*postgres-exporter\.image: is missing/);
          return true;
        },
      );
    });

    it("says what the platform cannot do before it creates anything", () => {
      platform.refused = [{ path: "postgres.volumes", message: "no volumes here", fix: "take another platform" }];
      assert.throws(() => postgres(), /no volumes here/);
      assert.deepEqual(platform.secrets, []);
    });
  });

  describe("RedisCache", () => {
    it("runs one stateful replica that keeps its data and answers PING", () => {
      const cache = redis();
      const workload = platform.workload("redis");
      assert.equal(workload.kind, "stateful");
      assert.equal(workload.update?.order, "stop-first");
      assert.deepEqual(workload.volumes, [{ name: "data", path: "/var/lib/redis", size: "5Gi" }]);
      assert.deepEqual(workload.health.live, { exec: ["testbro-redis-health"], interval: 5, timeout: 10, retries: 3, startPeriod: 30 });
      assert.deepEqual([cache.ref.segment, cache.ref.ports], ["redis", { redis: 6379 }]);
      assert.equal(cache.user, "testbro");
    });

    it("gives passwords, certificate and key as files only, and secret", async () => {
      const cache = redis();
      const workload = platform.workload("redis");
      const environment = workload.env as Record<string, string>;
      assert.equal(await secretAt(workload, environment["REDIS_PASSWORD_FILE"]!), await valueOf(cache.password));
      assert.match(await secretAt(workload, environment["REDIS_TLS_KEY_FILE"]!), /^key of .*-server-key$/);
      assert.match(await secretAt(workload, environment["REDIS_TLS_CERT_FILE"]!), /^certificate of /);
      assert.equal(await valueOf(workload.files![environment["REDIS_CA_FILE"]!]!.content), await valueOf(ca.certificatePem));
      assert.equal(await pulumi.isSecret(cache.password), true);
      for (const { name, data: content } of platform.secrets) {
        assert.equal(await pulumi.isSecret(pulumi.output(content)), !name.endsWith("-certificate"), name);
      }
    });

    it("uses half of its memory limit for data unless told otherwise", () => {
      redis();
      redis({ workloadName: "big", resources: { limits: { memory: "2Gi" } } });
      redis({ workloadName: "own", maxMemory: "300M" });
      const most = (name: string) => platform.workload(name).env?.["REDIS_MAXMEMORY"];
      assert.deepEqual(["redis", "big", "own"].map(most), [String(256 * 2 ** 20), String(2 ** 30), "300000000"]);
    });

    it("runs an exporter as a user that can read no key", () => {
      const cache = redis({ exporter: { image: "exporter", scraper } });
      const { ref, workload } = platform.recorded("redis-exporter");
      assert.deepEqual(workload.connects, [cache.ref]);
      assert.equal(workload.env?.["REDIS_MONITOR_USER"], platform.workload("redis").env?.["REDIS_MONITOR_USER"]);
      assert.notEqual(workload.env?.["REDIS_MONITOR_USER"], cache.user);
      assert.match(workload.args?.join(" ") ?? "", /-connection-timeout 2s/);
      assert.deepEqual(cache.targets, [{ tier: "data", ref, port: "metrics", minimum: 1 }]);
    });

    const refused: [string, Partial<RedisOptions>, RegExp][] = [
      ["the user that is switched off", { user: "default" }, /\.user: "default" is switched off/],
      ["the exporter's user", { user: "testbro_monitor" }, /\.user: "testbro_monitor" is the exporter's/],
      ["a user with a space", { user: "a b" }, /\.user: "a b"/],
      ["an empty password", { passwords: { app: "" } }, /\.passwords\.app: is empty/],
      ["data memory at the limit", { maxMemory: "512Mi" }, /\.maxMemory: 512Mi is not below the memory limit 512Mi/],
      ["data memory that is no amount", { maxMemory: "lots" }, /\.maxMemory: "lots" is no amount/],
      ["no data memory", { maxMemory: 0 }, /\.maxMemory: "0" is no amount/],
      ["a malformed limit", { resources: { limits: { memory: "1GB" } } }, /redis\.resources\.limits\.memory: "1GB"/],
    ];
    for (const [what, options, message] of refused) {
      it(`refuses ${what}, creating nothing`, () => {
        assert.throws(() => redis(options), message);
        assert.deepEqual([platform.runs, platform.secrets], [[], []]);
      });
    }
  });

  describe("DataTier", () => {
    const images = { postgres: "p", redis: "r", postgresExporter: "pe", redisExporter: "re" };

    it("runs both servers and their exporters under itself", async () => {
      const tier = new data.DataTier(unique("data"), { platform, ca, images, scraper, placement: { labels: { type: "database" } } });
      assert.deepEqual(platform.runs.map(({ ref }) => ref.name).sort(), ["postgres", "postgres-exporter", "redis", "redis-exporter"]);
      assert.deepEqual(platform.workload("postgres").placement, { labels: { type: "database" } });
      assert.deepEqual(platform.workload("redis").placement, { labels: { type: "database" } });
      assert.deepEqual(
        tier.targets.map(({ ref }) => ref.fullName),
        ["testbro-postgres-exporter", "testbro-redis-exporter"],
      );
      assert.match(await valueOf(tier.redis.urn), /testbro:data:Tier\$testbro:data:Redis::/);
    });

    it("has no exporters without a scraper, and passes options on", () => {
      new data.DataTier(unique("data"), { platform, ca, images, postgres: { database: "other" }, redis: { user: "other" } });
      assert.deepEqual(platform.runs.map(({ ref }) => ref.name).sort(), ["postgres", "redis"]);
      assert.equal(platform.workload("postgres").env?.["POSTGRES_DATABASE"], "other");
      assert.equal(platform.workload("redis").env?.["REDIS_USER"], "other");
    });
  });
});
