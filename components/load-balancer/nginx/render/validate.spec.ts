import assert from "node:assert/strict";
import { checkNginx, renderNginx, type FilesOptions, type FilesRoute, type NginxOptions, type ProxyRoute, type Route } from ".";
import { EXAMPLES } from "./examples.fixture";

const app: ProxyRoute = { name: "app", path: "/", to: { host: "app.test", port: 3001 } };
const certificates = [{ certificateFile: "/c.pem", keyFile: "/c.key" }];

/** Problems of some options, as `path: message`. */
function problems(options: Partial<NginxOptions>): string[] {
  return checkNginx("lb", { routes: [app], tls: false, ...options }).map(({ path, message }) => `${path}: ${message}`);
}

function files(more: Partial<FilesOptions>, route: Partial<FilesRoute> = {}): FilesRoute {
  return { name: "site", path: "/", files: { root: "/srv/site", ...more }, ...route };
}

function ofRoute(route: Partial<ProxyRoute>): string[] {
  return problems({ routes: [{ ...app, ...route }] });
}

describe("checkNginx", () => {
  for (const [name, example] of Object.entries(EXAMPLES)) {
    it(`finds nothing wrong with the example "${name}"`, () => {
      assert.deepEqual(checkNginx("lb", example), []);
    });
  }

  it("a body has to fit in half of the space, or goes through without being taken in", () => {
    assert.deepEqual(ofRoute({ maxBodySize: "32m" }), []);
    assert.deepEqual(ofRoute({ maxBodySize: "1g", buffering: { request: false } }), []);
    assert.deepEqual(problems({ bodySpace: "200m", routes: [{ ...app, maxBodySize: "100m" }] }), []);
    assert.match(
      problems({ bodySpace: "200m", routes: [{ ...app, maxBodySize: "101m" }] }).join(),
      /^lb\.routes\[0\]\.maxBodySize: 101m does not/,
    );
    assert.match(problems({ bodySpace: "1m" }).join(), /maxBodySize: 1m does not fit/);
    assert.match(problems({ bodySpace: "64" as "64m" }).join(), /^lb\.bodySpace: "64" is not a size$/);
  });

  const wrongRoutes: [string, Partial<ProxyRoute>, RegExp][] = [
    ["a name that could be taken for syntax", { name: "a;b" }, /lb\.routes\[0\]\.name: "a;b" is not a name/],
    ["a relative path", { path: "api" }, /routes\[0\]\.path: "api"/],
    ["a path with a line break", { path: "/a\nb" }, /routes\[0\]\.path/],
    ["the path kept for API keys", { path: "/.api-key/x" }, /kept for API keys/],
    ["an unknown match", { match: "regex" as "exact" }, /match: "regex" is not known/],
    ["a host that is none", { to: { host: "a b", port: 1 } }, /to\.host: "a b" is not a host name/],
    ["a port that is none", { to: { host: "a", port: 70_000 } }, /to\.port: 70000 is not a port/],
    ["a health check that asks nothing", { healthCheck: {} as { tcp: true } }, /healthCheck: says not what to ask/],
    ["a health check that asks twice", { healthCheck: { tcp: true, path: "/" } }, /healthCheck: asks for both path and tcp/],
    ["a health check of a relative path", { healthCheck: { path: "health" } }, /healthCheck\.path: "health" is not a path/],
    ["a health check with a line break", { healthCheck: { path: "/a\r\nb" } }, /healthCheck\.path/],
    ["a health check for a host that is none", { healthCheck: { path: "/", host: "a b" } }, /healthCheck\.host: "a b" is not a host/],
    ["a health check without pause", { healthCheck: { tcp: true, interval: 0 } }, /healthCheck\.interval: 0 is not a whole number/],
    ["a health check without patience", { healthCheck: { tcp: true, timeout: 0.5 } }, /healthCheck\.timeout: 0\.5 is not a whole/],
    ["a health check that fails at once", { healthCheck: { tcp: true, failures: 0 } }, /healthCheck\.failures: 0 is not/],
    ["a health check that succeeds with nothing", { healthCheck: { tcp: true, successes: 0 } }, /healthCheck\.successes: 0 is not/],
    ["a backoff that shrinks", { healthCheck: { tcp: true, backoff: { initial: 60 } } }, /backoff\.max: 30 is below the initial 60 s/],
    ["a backoff of nothing", { healthCheck: { tcp: true, backoff: { initial: 0 } } }, /backoff\.initial: 0 is not/],
    [
      "a health check of an address",
      { to: { host: "192.0.2.1", port: 80 }, healthCheck: { tcp: true } },
      /healthCheck: the route leads to addresses only/,
    ],
    ["no target", { to: [] }, /to: is empty/],
    ["nothing but backups", { to: [{ host: "a", port: 1, backup: true }] }, /to: has only backups/],
    [
      "a backup with ip-hash",
      {
        strategy: "ip-hash",
        to: [
          { host: "a", port: 1 },
          { host: "b", port: 1, backup: true },
        ],
      },
      /cannot have a backup with strategy ip-hash/,
    ],
    ["a weight without weighted", { to: [{ host: "a", port: 1, weight: 2 }] }, /weight: 2 would mean nothing/],
    [
      "a weight of zero",
      {
        strategy: "weighted",
        to: [
          { host: "a", port: 1, weight: 0 },
          { host: "b", port: 1 },
        ],
      },
      /weight: 0 is not a whole number/,
    ],
    ["weighted with one target", { strategy: "weighted" }, /needs two or more targets/],
    [
      "weighted with stripPath",
      {
        strategy: "weighted",
        stripPath: true,
        to: [
          { host: "a", port: 1 },
          { host: "b", port: 1 },
        ],
      },
      /stripPath/,
    ],
    ["consistent-hash over one name", { strategy: "consistent-hash" }, /not the replicas behind one name/],
    ["hashBy without hash", { hashBy: "uri" }, /hashBy: means nothing with strategy round-robin/],
    ["a cookie name nginx has no variable for", { strategy: "hash", hashBy: { cookie: "a-b" } }, /hashBy\.cookie/],
    ["a hash of what is not known", { strategy: "hash", hashBy: "address" as "client" }, /hashBy: "address" is not known/],
    ["a split of what is not known", { split: "session" as "client" }, /split: "session" is not known/],
    ["a limit for whom is not known", { rateLimits: [{ rate: "1r/s", key: "nobody" as "client" }] }, /rateLimits\[0\]\.key: "nobody"/],
    ["frames of nobody", { headers: { frameOptions: "ALLOW" as "DENY" } }, /headers\.frameOptions: "ALLOW"/],
    [
      "a file name with a variable",
      { upstreamTls: { caFile: "/ca/$host.pem" } },
      /upstreamTls\.caFile: "\/ca\/\$host\.pem" contains a dollar/,
    ],
    ["an unknown strategy", { strategy: "random" as "ip-hash" }, /strategy: "random" is not known/],
    ["a timeout of zero", { timeouts: { connect: 0 } }, /timeouts\.connect: 0/],
    ["no tries", { retry: { tries: 0 } }, /retry\.tries: 0/],
    ["retry of what must not be", { retry: { on: ["non_idempotent" as "error"] } }, /retry\.on\[0\]: "non_idempotent" is not known/],
    ["a size without unit", { maxBodySize: "10" as "1m" }, /maxBodySize: "10" is not a size/],
    ["a body that does not fit", { maxBodySize: "33m" }, /maxBodySize: 33m does not fit in half of the space/],
    ["a rate that is none", { rateLimits: [{ rate: "fast" as "1r/s" }] }, /rateLimits\[0\]\.rate: "fast"/],
    ["a delay above the burst", { rateLimits: [{ rate: "1r/s", burst: 2, delayAfter: 3 }] }, /delayAfter: 3 is above the burst of 2/],
    ["a header with a line break", { headers: { set: { "X-A": "a\r\nSet-Cookie: b" } } }, /set\["X-A"\].*control character/],
    ["a header name that is none", { headers: { set: { "X A": "b" } } }, /"X A" is not a header name/],
    ["a policy with a line break", { headers: { csp: "a\nb" } }, /headers\.csp/],
    ["a range that is none", { access: { allow: ["10.0.0.0/33"] } }, /allow\[0\]: "10\.0\.0\.0\/33"/],
    ["an empty allow list", { access: { allow: [] } }, /allow: is empty, so everyone/],
    ["no API keys", { access: { apiKeys: [] } }, /apiKeys: is empty, so everyone/],
    ["a key in place of its hash", { access: { apiKeys: [{ id: "ci", hash: "ci.secret" }] } }, /hash: "ci\.secret" is not the hash/],
    [
      "one key id twice",
      { access: { apiKeys: ["a", "b"].map((end) => ({ id: "ci", hash: "A".repeat(21) + end })) } },
      /"ci" is there twice/,
    ],
    ["a relative password file", { access: { basicAuth: { file: "users" } } }, /basicAuth\.file: "users" is not an absolute path/],
    ["a cache of no time", { cache: { seconds: 0 } }, /cache\.seconds: 0/],
    ["an unknown preset of caching", { cache: "macro" as "micro" }, /cache: "macro" is not known/],
    ["a cookie that is no name", { cache: { bypassCookies: ["a;b"] } }, /cache\.bypassCookies\[0\]: "a;b"/],
    ["Cache-Control with a quote in it", { headers: { cacheControl: { hashed: 'a";' } } }, /cacheControl\.hashed/],
    ["a CDN that keeps nothing", { headers: { cdn: { seconds: 0 } } }, /headers\.cdn\.seconds: 0/],
    ["a CDN without a time", { headers: { cdn: {} as { seconds: number } } }, /headers\.cdn\.seconds: is missing/],
    [
      "an unknown header for CDNs",
      { headers: { cdn: { seconds: 1, header: "X-CDN" as "Surrogate-Control" } } },
      /headers\.cdn\.header: "X-CDN"/,
    ],
    [
      "a CDN in front of what few may see",
      { headers: { cdn: { seconds: 1 } }, access: { allow: ["10.0.0.0/8"] } },
      /headers\.cdn: would have a CDN give everyone/,
    ],
    ["an empty list of hosts", { hosts: [] }, /hosts: is empty/],
  ];
  for (const [what, route, message] of wrongRoutes) {
    it(`refuses ${what}`, () => {
      const found = ofRoute(route);
      assert.ok(
        found.some((problem) => message.test(problem)),
        found.join("\n") || "nothing was wrong",
      );
    });
  }

  const wrong: [string, Partial<NginxOptions>, RegExp][] = [
    ["no routes", { routes: [] }, /lb\.routes: is empty/],
    ["one name twice", { routes: [app, { ...app, path: "/x" }] }, /routes\[1\]\.name: "app" is there twice/],
    [
      "one name and port asked in two ways",
      {
        routes: [
          { ...app, healthCheck: { path: "/ready" } },
          { ...app, name: "b", path: "/b", healthCheck: { tcp: true } },
        ],
      },
      /routes\[1\]\.healthCheck: app\.test:3001 is asked otherwise by route "app"/,
    ],
    [
      "one port for nginx' questions and the status",
      { routes: [{ ...app, healthCheck: { tcp: true } }], ports: { dns: 8081 } },
      /ports\.dns: 8081 is also the status port/,
    ],
    ["one path twice", { routes: [app, { ...app, name: "b" }] }, /two routes answer \//],
    [
      "one host in two lists",
      {
        routes: [
          { ...app, hosts: ["a", "b"] },
          { ...app, name: "c", hosts: ["A"] },
        ],
      },
      /"A" is named by two different lists/,
    ],
    ["a host with a space", { hosts: ["a b"] }, /hosts\[0\]: "a b"/],
    ["no certificate", { tls: { certificates: [] } }, /tls\.certificates: is empty/],
    ["preload without subdomains", { tls: { certificates, hsts: { preload: true } } }, /hsts\.preload: needs includeSubDomains/],
    ["an unknown profile", { tls: { certificates, profile: "old" as "modern" } }, /tls\.profile: "old"/],
    ["one port twice", { tls: { certificates }, ports: { http: 8443 } }, /ports\.https: 8443 is also the http port/],
    ["workers by a word", { processes: { workers: "many" as "auto" } }, /processes\.workers: "many" is not known/],
    ["nothing to listen on", { ports: { http: false } }, /ports\.http: is off while there is no TLS/],
    [
      "a resolver that is neither an address nor a name",
      { resolver: { addresses: ["dns example"] } },
      /resolver\.addresses\[0\]: "dns example" is not an address/,
    ],
    ["a gzip level of 10", { compression: { gzip: { level: 10 } } }, /gzip\.level: 10/],
    ["a media type that is none", { compression: { types: ["json;"] } }, /types\[0\]: "json;"/],
    ["a store of no size", { cacheZone: { maxSize: "0m" } }, /cacheZone\.maxSize: "0m"/],
    ["a response larger than all of them", { cacheZone: { maxSize: "1m", maxEntry: "2m" } }, /cacheZone\.maxEntry: 2m is above the 1m/],
    ["files beside their path", { routes: [files({}, { path: "/a" })] }, /path: "\/a" does not end with a slash/],
    ["files at one path", { routes: [files({}, { match: "exact" })] }, /match: is exact/],
    ["files of the balancer itself", { routes: [files({ root: "/run/secrets" })] }, /files\.root: \/run\/secrets holds what nobody/],
    ["files outside their folder", { routes: [files({ root: "/srv/../etc" })] }, /files\.root: "\/srv\/\.\.\/etc" is not a folder's/],
    ["files of everything", { routes: [files({ root: "/" })] }, /files\.root: "\/"/],
    ["an index that is a path", { routes: [files({ index: "a/b" })] }, /files\.index: "a\/b" is not a file name/],
    ["a fallback outside", { routes: [files({ fallback: "../x" })] }, /files\.fallback: "\.\.\/x"/],
    ["an unknown format", { routes: [files({}, { variants: ["jxl" as "avif"] })] }, /variants\[0\]: "jxl" is not known/],
    ["a format twice", { routes: [{ ...app, variants: ["webp", "webp"] }] }, /variants\[1\]: "webp" is there twice/],
    [
      "sizes that are none",
      { routes: [{ ...app, images: { widths: [0, 5000] } }] },
      /images\.widths\[1\]: 5000 is not a whole number from 1 to 4096/,
    ],
    ["no sizes at all", { routes: [{ ...app, images: { widths: [] } }] }, /images\.widths: is empty, and so are heights/],
    [
      "so many sizes that they would fill the store",
      { routes: [{ ...app, images: { heights: Array.from({ length: 100 }, (_, index) => index + 1) } }] },
      /images: allows 605 forms of every image/,
    ],
    ["a quality above 100", { routes: [files({}, { images: { quality: 101 } })] }, /images\.quality: 101/],
    ["an unknown fit", { routes: [{ ...app, images: { fit: "stretch" as "cover" } }] }, /images\.fit: "stretch"/],
    ["cover without heights", { routes: [{ ...app, images: { fit: "cover" } }] }, /images\.fit: cover needs both/],
    ["images of no size", { imageZone: { maxSize: "1" as "1m" } }, /imageZone\.maxSize: "1"/],
    ["no trusted proxies", { trustedProxies: { ranges: [] } }, /trustedProxies\.ranges: is empty/],
    ["an unknown redirect", { redirectStatus: 200 as 301 }, /redirectStatus: 200/],
    ["a log that is no path", { accessLog: { path: "log" } }, /accessLog\.path/],
    [
      "access on a fixed answer",
      { routes: [{ name: "a", path: "/", respond: { status: 200 }, access: { deny: ["10.0.0.1"] } }] },
      /access: has no effect/,
    ],
    ["a size of counts without unit", { metrics: { zoneSize: "4" as "4m" } }, /metrics\.zoneSize: "4" is not a size/],
    [
      "a status page for everyone",
      { routes: [app, { name: "s", path: "/s/", page: "status" }] },
      /routes\[1\]\.access: keeps nobody out, so everyone could look/,
    ],
    [
      "a status page that keeps only some out",
      { routes: [app, { name: "s", path: "/s/", page: "status", access: { deny: ["10.0.0.1"] } }] },
      /routes\[1\]\.access: keeps nobody out/,
    ],
    [
      "a CDN for a sticky route",
      { routes: [{ ...app, strategy: "sticky-cookie", headers: { cdn: { seconds: 1 } } }] },
      /routes\[0\]\.headers\.cdn: would have a CDN give everyone one client's cookie/,
    ],
    [
      "more at once than the burst",
      { limits: { perClient: { rate: "5r/s", delayAfter: 11 } } },
      /limits\.perClient\.delayAfter: 11 is above the burst of 10/,
    ],
    [
      "a status page that is no folder",
      { routes: [app, { name: "s", path: "/s", page: "status", access: { allow: ["10.0.0.1"] } }] },
      /routes\[1\]\.path: \/s has to be a folder/,
    ],
    [
      "an unknown page",
      { routes: [app, { name: "s", path: "/s/", page: "about" as "status", access: { allow: ["10.0.0.1"] } }] },
      /routes\[1\]\.page: "about" is not known/,
    ],
    [
      "a status page of nothing counted",
      { metrics: false, routes: [app, { name: "s", path: "/s/", page: "status", access: { allow: ["10.0.0.1"] } }] },
      /routes\[1\]\.page: shows what is counted, and `metrics` is off/,
    ],
    [
      "an answer with a NUL",
      { routes: [{ name: "a", path: "/", respond: { status: 200, body: "a\0" } }] },
      /respond\.body: contains a NUL/,
    ],
    ["two answers", { routes: [{ ...app, respond: { status: 200 } } as Route] }, /has to and respond/],
    ["no answer", { routes: [{ name: "a", path: "/" } as Route] }, /has no answer/],
    ["a redirect to a script", { routes: [{ name: "a", path: "/", redirect: { to: "javascript:alert(1)" } }] }, /redirect\.to/],
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

  it("reports every problem at once, each with a way to mend it", () => {
    const options: NginxOptions = { hosts: ["a b"], tls: false, routes: [{ ...app, path: "x", timeouts: { read: -1 } }] };
    const found = checkNginx("lb", options);
    assert.equal(found.length, 3);
    assert.ok(found.every(({ fix }) => fix.length > 0));
    assert.throws(() => renderNginx(options, "lb"), /lb\.routes\[0\]\.path[^]*timeouts\.read[^]*lb\.hosts\[0\]/);
  });
});
