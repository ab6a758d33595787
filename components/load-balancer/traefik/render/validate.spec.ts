import assert from "node:assert/strict";
import { checkTraefik, renderTraefik, type TraefikOptions, type TraefikProxyRoute, type TraefikRoute } from ".";
import { LACKS, ROUTE_LACKS } from "./capabilities";
import { EXAMPLES } from "./examples.fixture";

const app: TraefikProxyRoute = { name: "app", path: "/", to: { host: "app.test", port: 3001 } };
const certificates = [{ certificate: "C", key: "K" }];
const users = ["ada:$2y$10$x"];

/** Problems of some options, as `path: message. fix`. */
function problems(options: Partial<TraefikOptions>): string[] {
  return checkTraefik("lb", { routes: [app], tls: false, ...options }).map(({ path, message, fix }) => `${path}: ${message}. ${fix}`);
}

describe("checkTraefik", () => {
  for (const [name, example] of Object.entries(EXAMPLES)) {
    it(`finds nothing wrong with the example "${name}"`, () => {
      assert.deepEqual(checkTraefik("lb", example), []);
    });
  }

  const wrongRoutes: [string, Partial<TraefikProxyRoute>, RegExp][] = [
    ["a name that could be taken for syntax", { name: "a;b" }, /lb\.routes\[0\]\.name: "a;b" is not a name/],
    ["a path with a line break", { path: "/a\nb" }, /routes\[0\]\.path/],
    ["a host that is none", { to: { host: "a b", port: 1 } }, /to\[0\]\.host: "a b" is not a host name/],
    ["a discovered name with a dot and a space", { to: { discovered: "a b", port: 1 } }, /discovered: "a b" is not a workload's name/],
    [
      "discovery without discovery",
      { to: { discovered: "a", port: 1 } },
      /there is no discovery\. give discovery\.endpoint, or source\.replicas/,
    ],
    ["nothing but backups", { to: [{ host: "a", port: 1, backup: true }], healthCheck: { path: "/" } }, /to: has only backups/],
    [
      "a backup without a health check",
      {
        to: [
          { host: "a", port: 1 },
          { host: "b", port: 1, backup: true },
        ],
      },
      /backup: Traefik turns.*give the route a healthCheck/,
    ],
    ["a weight without weighted", { to: [{ host: "a", port: 1, weight: 2 }] }, /weight: 2 would mean nothing with strategy auto/],
    ["weighted with one target", { strategy: "weighted" }, /needs two or more targets/],
    ["five targets", { to: Array.from({ length: 5 }, (_, index) => ({ host: "a", port: index + 1 })) }, /has 5 targets\. give at most 4/],
    ["an unknown strategy", { strategy: "random" as "auto" }, /strategy: "random" is not known\. give one of auto/],
    ["least-connections", { strategy: "least-connections" }, /strategy: Traefik cannot look at.*use "auto"/],
    ["hash", { strategy: "hash", hashBy: "uri" }, /strategy: Traefik hashes the client's address alone.*"ip-hash"/],
    ["a response cache", { cache: {} }, /cache: Traefik has no response cache.*nginx balancer/],
    [
      "Cache-Control where there is none",
      { headers: { cacheControl: { others: "no-cache" } } },
      /cacheControl: Traefik sets a header on every answer/,
    ],
    ["a time between writes", { timeouts: { send: 5 } }, /timeouts\.send: Traefik has no time/],
    ["requests of a connection", { keepalive: { requests: 5 } }, /keepalive\.requests: Traefik does not count/],
    [
      "a part of the burst that waits",
      { rateLimits: [{ rate: "1r/s", burst: 5, delayAfter: 2 }] },
      /rateLimits\[0\]\.delayAfter: Traefik cannot/,
    ],
    ["a health check of no path", { healthCheck: { path: "health" } }, /healthCheck\.path: "health"/],
    ["a breaker of no condition", { circuitBreaker: { networkErrors: false } }, /circuitBreaker: has every condition switched off/],
    ["a breaker above all", { circuitBreaker: { networkErrors: 2 } }, /networkErrors: 2 is no part/],
    ["a mirror of more than all", { mirror: { to: { host: "a", port: 1 }, percent: 101 } }, /mirror\.percent: 101/],
    ["users without hashes", { access: { basicAuth: { users: ["ada"] } } }, /users\[0\]: "ada" is not a line of an htpasswd file/],
    ["no users", { access: { basicAuth: { users: [] } } }, /users: is empty, so nobody could come in/],
    [
      "API keys nobody judges",
      { access: { apiKeys: [{ id: "ci", hash: `${"A".repeat(21)}Q` }] } },
      /apiKeys: needs a service that judges keys/,
    ],
    ["forward auth to a path", { access: { forwardAuth: { address: "/auth" } } }, /forwardAuth\.address: "\/auth" is not a URL/],
    [
      "any of host and password",
      { access: { allowFrom: "host", basicAuth: { users }, satisfy: "any" } },
      /satisfy: "any" cannot be put together/,
    ],
  ];
  for (const [what, route, message] of wrongRoutes) {
    it(`refuses ${what}`, () => {
      const found = problems({ routes: [{ ...app, ...route }] });
      assert.ok(
        found.some((problem) => message.test(problem)),
        found.join("\n") || "nothing was wrong",
      );
    });
  }

  const two = [app, { ...app, name: "b", path: "/b" }];
  const tls = { certificates };
  const wrong: [string, Partial<TraefikOptions>, RegExp][] = [
    ["no routes", { routes: [] }, /lb\.routes: is empty/],
    ["no certificate", { tls: { certificates: [] } }, /tls\.certificates: is empty/],
    ["name servers", { resolver: {} }, /resolver: Traefik learns of replicas from the platform/],
    ["a cache", { cacheZone: {} }, /cacheZone/],
    ["processes", { processes: { workers: 2 } }, /processes: Traefik is one process/],
    [
      "a limit for all of several routes",
      { routes: two, limits: { global: { rate: "1r/s" } } },
      /limits\.global: Traefik counts for each route/,
    ],
    ["a number of requests for all of several routes", { routes: two, limits: { connections: { total: 5 } } }, /connections\.total/],
    ["a level of compression", { compression: { gzip: { level: 5 } } }, /compression\.gzip\.level: Traefik chooses/],
    ["a time for a header", { timeouts: { header: 5 } }, /timeouts\.header: Traefik knows one time.*requestSeconds/],
    ["a session cache", { tls: { certificates, sessionCache: "1m" } }, /tls\.sessionCache/],
    ["stapling", { tls: { certificates, stapling: true } }, /tls\.stapling/],
    ["another header of proxies", { trustedProxies: { ranges: ["10.0.0.0/8"], header: "CF-Connecting-IP" } }, /trustedProxies\.header/],
    [
      "refused addresses behind proxies",
      { trustedProxies: { ranges: ["10.0.0.0/8"] }, routes: [{ ...app, access: { deny: ["10.0.0.1"] } }] },
      /access: Traefik's rules see only the last proxy's address/,
    ],
    [
      "a text of its own",
      { routes: [{ name: "a", path: "/", respond: { status: 404, body: "x" } }] },
      /respond: Traefik answers a status with/,
    ],
    ["an answer that refuses nothing", { routes: [{ name: "a", path: "/", respond: { status: 200 } }] }, /respond\.status: Traefik itself/],
    ["a redirect of another kind", { routes: [{ name: "a", path: "/", redirect: { to: "/b", status: 303 } }] }, /redirect\.status/],
    ["two answers", { routes: [{ ...app, respond: { status: 404 } } as TraefikRoute] }, /has to and respond/],
    ["a time that is none", { discovery: { endpoint: "https://x", refresh: 0.01 } }, /discovery\.refresh: 0\.01 is not from 0\.2 to 60/],
    [
      "replicas that come in two ways",
      { discovery: { endpoint: "https://x" }, source: { endpoint: "https://x", replicas: true } },
      /source\.replicas: would fill in what discovery tells of already\. leave one/,
    ],
    ["an endpoint that is none", { source: { endpoint: "x" } }, /source\.endpoint: "x" is not a URL/],
    [
      "a guarded path that may be written in another way",
      { routes: [app, { ...app, name: "staff", path: "/@staff/", access: { allow: ["10.0.0.1"] } }] },
      /routes\[1\]\.path: who writes %40 for "@" would not be held by this route's rules/,
    ],
    ["the name of something else", { routes: [{ ...app, name: "redirect" }] }, /routes\[0\]\.name: "redirect" is the name of something/],
    ["a name that is made from another", { routes: [{ ...app, name: "app-denied" }] }, /routes\[0\]\.name: "app-denied"/],
    ["challenges without a port", { acme: { to: { host: "acme", port: 0 } } }, /acme\.to\.port/],
    ["an authority without TLS", { tls: { certificates, builtInAcme: { directory: "http://x" } } }, /builtInAcme\.directory: "http:\/\/x"/],
    [
      "a dashboard without TLS",
      { dashboard: { host: "t", access: { allow: ["10.0.0.1"], basicAuth: { users } } } },
      /dashboard: is for HTTPS alone/,
    ],
    [
      "a dashboard without a password",
      { tls, dashboard: { host: "t", access: { allow: ["10.0.0.1"] } } },
      /dashboard\.access\.basicAuth: is missing/,
    ],
    [
      "a dashboard for every address",
      { tls, dashboard: { host: "t", access: { basicAuth: { users } } } },
      /dashboard\.access\.allow: is missing/,
    ],
    [
      "a dashboard on a route's host",
      { tls, hosts: ["t"], dashboard: { host: "t", access: { allow: ["10.0.0.1"], basicAuth: { users } } } },
      /dashboard\.host: t is also a route's host/,
    ],
  ];
  for (const [what, options, message] of wrong) {
    it(`refuses ${what}`, () => {
      const found = problems(options);
      assert.ok(
        found.some((problem) => message.test(problem)),
        found.join("\n") || "nothing was wrong",
      );
    });
  }

  it("refuses what nginx alone knows, whatever it is, and by its path", () => {
    const newer = { metrics: {}, headers: { cdn: {} }, limits: { newer: 1 } } as unknown as Partial<TraefikOptions>;
    const route = { ...app, variants: ["avif"], access: { newer: 1 }, healthCheck: { path: "/", backoff: {} } } as TraefikProxyRoute;
    const found = problems({ ...newer, routes: [route, { name: "b", path: "/b", page: "status" } as unknown as TraefikRoute] });
    for (const path of [
      "metrics",
      "headers.cdn",
      "limits.newer",
      "routes[0].variants",
      "routes[0].access.newer",
      "routes[0].healthCheck.backoff",
      "routes[1].page",
    ]) {
      const message = `lb.${path}: Traefik has nothing like it. leave it out, or use the nginx balancer`;
      assert.ok(found.includes(message), `${message}\n${found.join("\n")}`);
    }
  });

  it("reports every problem at once, each with a way to mend it", () => {
    const options: TraefikOptions = { hosts: ["a b"], tls: false, resolver: {}, routes: [{ ...app, path: "x", cache: {} }] };
    const found = checkTraefik("lb", options);
    assert.equal(found.length, 4);
    assert.ok(found.every(({ fix }) => fix.length > 0));
    assert.throws(() => renderTraefik(options, "lb"), /lb\.routes\[0\]\.path[^]*lb\.hosts\[0\][^]*cache[^]*lb\.resolver/);
  });

  it("lacks are named once each", () => {
    const messages = [...LACKS, ...ROUTE_LACKS].map(({ path, message }) => `${path} ${message}`);
    assert.equal(new Set(messages).size, messages.length);
  });
});
