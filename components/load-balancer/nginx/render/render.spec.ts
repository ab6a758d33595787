import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hashApiKey, newApiKey } from "./api-key";
import { renderNginx, renderProber, type NginxOptions, type ProberConfiguration, type ProxyRoute } from ".";
import { EXAMPLES } from "./examples.fixture";
import { flatten, readNginx } from "./nginx-syntax.fixture";
import { retryAfterSeconds } from "./limits";

/** Snapshots stand beside the sources; specs run from `dist`. Write them anew with UPDATE_SNAPSHOTS=1. */
const SNAPSHOTS = join(__dirname.replace(`${join("components", "dist")}`, "components"), "snapshots");

const app: ProxyRoute = { name: "app", path: "/", to: { host: "app.test", port: 3001 } };

function options(more: Partial<NginxOptions> = {}): NginxOptions {
  return { routes: [app], tls: false, ...more };
}

function words(more: Partial<NginxOptions>): string[] {
  return flatten(readNginx(renderNginx(options(more)))).map((directive) => directive.words.join(" "));
}

describe("renderNginx", () => {
  for (const [name, example] of Object.entries(EXAMPLES)) {
    it(`renders the example "${name}" as its snapshot`, () => {
      const text = renderNginx(example);
      const file = join(SNAPSHOTS, `${name}.conf`);
      if (process.env["UPDATE_SNAPSHOTS"]) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
      assert.ok(existsSync(file), `${file} is missing: run with UPDATE_SNAPSHOTS=1 and look at what it writes`);
      assert.equal(text, readFileSync(file, "utf8"));
    });
  }

  it("gives the same text for the same options", () => {
    for (const example of Object.values(EXAMPLES)) assert.equal(renderNginx(example), renderNginx(structuredClone(example)));
  });

  it("puts protocols and curves where nginx heeds them: outside any server", () => {
    const tls = { certificates: [{ certificateFile: "/c.pem", keyFile: "/c.key" }] };
    const http = readNginx(renderNginx(options({ tls }))).find((directive) => directive.words[0] === "http");
    const names = http?.body?.map((directive) => directive.words.join(" ")) ?? [];
    assert.ok(names.includes("ssl_protocols TLSv1.2 TLSv1.3"));
    assert.ok(names.includes("ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1"));
  });

  it("never lets a POST be sent twice, whatever is retried", () => {
    const retry = { on: ["error", "timeout", "http_500", "http_502", "http_503", "http_504"] } as ProxyRoute["retry"];
    assert.ok(words({ routes: [{ ...app, retry }] }).every((line) => !line.includes("non_idempotent")));
  });

  it("asks once more after a replica that hangs: another attempt may start when reading has taken too long", () => {
    const within = (more: Partial<ProxyRoute>) =>
      words({ routes: [{ ...app, ...more }] }).find((line) => line.startsWith("proxy_next_upstream_timeout "));
    for (const [more, seconds] of [
      [{}, 35],
      [{ timeouts: { read: 2 } }, 10],
      [{ timeouts: { read: 60 } }, 65],
      [{ websocket: true }, 10],
      [{ timeouts: { read: 60 }, retry: { timeout: 20 } }, 20],
    ] as const) {
      assert.equal(within(more), `proxy_next_upstream_timeout ${seconds}s`, JSON.stringify(more));
    }
  });

  it("has somebody look after the stores where anything is stored, and where nginx has Lua", () => {
    const watching = (more: Partial<ProxyRoute>, metrics?: false) =>
      words({ routes: [{ ...app, ...more }], ...(metrics === false ? { metrics } : {}) })
        .filter((line) => /testbro_store|store_full|^lua_shared_dict store/.test(line))
        .map((line) => line.split(" ")[0] ?? "");
    const names = ["header_filter_by_lua", "init_worker_by_lua", "lua_shared_dict", "proxy_no_cache", "set"];
    for (const more of [{ cache: "micro" }, { images: {} }] as const) assert.deepEqual([...new Set(watching(more))].sort(), names);
    assert.deepEqual(watching({}), []);
    assert.deepEqual(watching({ cache: "micro", images: {} }, false), []);
  });

  it("routes with the same upstream share its connections, others do not", () => {
    const other: ProxyRoute = { ...app, name: "other", path: "/other" };
    const count = (routes: ProxyRoute[]) => words({ routes }).filter((line) => line.startsWith("upstream ")).length;
    assert.equal(count([app, other]), 1);
    assert.equal(count([app, { ...other, strategy: "ip-hash" }]), 2);
    assert.equal(count([app, { ...other, to: { host: "app.test", port: 3002 } }]), 2);
    assert.equal(count([app, { ...other, upstreamTls: { caFile: "/ca.pem" } }]), 2);
  });

  it("says how long to wait: until the rate allows the next request", () => {
    assert.deepEqual(
      [retryAfterSeconds("10r/s"), retryAfterSeconds("5r/m"), retryAfterSeconds("7r/m"), retryAfterSeconds("600r/m")],
      [1, 12, 9, 1],
    );
  });

  it("asks the resolver it is given", () => {
    const resolver = { addresses: ["10.96.0.10:53", "[fd00::a]:53"], valid: 5, timeout: 3, ipv6: true };
    assert.ok(words({ resolver }).includes("resolver 10.96.0.10:53 [fd00::a]:53 valid=5s ipv6=on"));
    assert.ok(words({}).includes("resolver 127.0.0.11 valid=1s ipv6=off"));
  });
});

describe("renderProber", () => {
  it("tells the prober every name and port once, with every default", () => {
    const { upstreams, ...rest } = JSON.parse(renderProber(EXAMPLES["probed"] as NginxOptions) ?? "") as ProberConfiguration;
    assert.deepEqual(rest, {
      listen: "127.0.0.1:5301",
      resolvers: ["127.0.0.53", "127.0.0.54:5353", "[::1]"],
      metrics: "/run/nginx/prober.sock",
    });
    const usual = { interval: 1, timeout: 2, failures: 2, successes: 1, backoff: { initial: 1, max: 30 } };
    assert.deepEqual(upstreams, [
      { host: "testbro-backend", port: 3001, check: { path: "/health/ready", host: "testbro-backend" }, ...usual },
      {
        host: "secure.test",
        port: 8443,
        check: { path: "/", host: "app.example.org" },
        tls: { caFile: "/etc/nginx/tls/ca.pem", serverName: "secure.test" },
        ...{ interval: 5, timeout: 3, failures: 3, successes: 2, backoff: { initial: 2, max: 60 } },
      },
      { host: "testbro-frontend", port: 3000, check: { tcp: true }, ...usual, backoff: { initial: 1, max: 5 } },
    ]);
  });

  it("is nothing where no route has a health check, and then nginx asks the platform's name server itself", () => {
    assert.equal(renderProber(options()), undefined);
    assert.equal(renderProber(options({ routes: [{ ...app, healthCheck: false }] })), undefined);
    assert.ok(words({}).every((line) => !line.startsWith("stream") && !line.includes("5353")));
  });
});

describe("hashApiKey", () => {
  it("hashes what newApiKey makes, each to its own", () => {
    const keys = Array.from({ length: 20 }, () => newApiKey("ci"));
    const hashes = keys.map(hashApiKey);
    assert.equal(new Set(hashes).size, 20);
    for (const [index, hash] of hashes.entries()) {
      assert.match(hash, /^[A-Za-z0-9_-]{22}$/);
      assert.equal(hashApiKey(keys[index] ?? ""), hash);
    }
  });

  for (const key of ["", "ci", "ci.", ".x", "Ci.0123456789012345678901", "ci.short", "ci.0123456789012345678901;"]) {
    it(`refuses "${key}"`, () => {
      assert.throws(() => hashApiKey(key), RangeError);
    });
  }
});
