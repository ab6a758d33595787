import type { NginxOptions } from ".";

const certificate = { certificateFile: "/etc/nginx/tls/0.pem", keyFile: "/run/secrets/tls-0.key" };
const backend = { host: "testbro-backend", port: 3001 };
const frontend = { host: "testbro-frontend", port: 3000 };

/** Sets of options that between them use every one; rendered as snapshots and given to a real nginx. */
export const EXAMPLES: Record<string, NginxOptions> = {
  minimal: { tls: false, routes: [{ name: "app", path: "/", to: backend }] },

  testbro: {
    hosts: ["localhost"],
    tls: { certificates: [certificate], hsts: false },
    ports: { publicHttps: 8443, publicHttp: 8080 },
    routes: [
      { name: "backend", path: "/api/", to: backend, strategy: "least-connections" },
      { name: "websocket", path: "/ws", to: backend, strategy: "ip-hash", websocket: true },
      {
        name: "prometheus",
        path: "/prometheus/",
        to: { host: "testbro-prometheus", port: 9090 },
        access: { allowFrom: "host" },
        headers: { csp: "upstream" },
      },
      { name: "balancer", path: "/balancer/", page: "status", access: { allowFrom: "host" } },
      { name: "frontend", path: "/", to: frontend },
    ],
  },

  strategies: {
    tls: false,
    routes: [
      { name: "round-robin", path: "/rr", to: [backend, { ...frontend, backup: true }], maxFails: 5, failTimeout: 10 },
      {
        name: "least",
        path: "/least",
        to: backend,
        strategy: "least-connections",
        keepalive: { connections: 8, timeout: 2, requests: 100 },
      },
      { name: "ip-hash", path: "/ip", to: backend, strategy: "ip-hash", keepalive: false },
      {
        name: "weighted",
        path: "/weighted",
        to: [{ ...backend, weight: 3 }, frontend, { host: "2001:db8::1", port: 80, backup: true }],
        strategy: "weighted",
      },
      { name: "canary", path: "/canary", to: [{ ...backend, weight: 9 }, frontend], strategy: "weighted", split: "client" },
      { name: "hash-uri", path: "/hash", to: backend, strategy: "hash", hashBy: "uri" },
      { name: "hash-cookie", path: "/tenant", to: [backend, frontend], strategy: "consistent-hash", hashBy: { cookie: "tenant" } },
      { name: "sticky", path: "/sticky", to: backend, strategy: "sticky-cookie", stickyCookie: { name: "where", maxAge: 60 } },
      { name: "patient", path: "/slow", to: backend, timeouts: { connect: 2, send: 60, read: 300 }, retry: false, stripPath: true },
      {
        name: "eager",
        path: "/eager",
        match: "exact",
        to: backend,
        retry: { tries: 2, timeout: 5, on: ["error", "timeout", "invalid_header", "http_500", "http_504", "http_429"] },
        buffering: { request: false, response: false },
      },
    ],
  },

  probed: {
    tls: false,
    ports: { dns: 5300, prober: 5301 },
    resolver: { addresses: ["127.0.0.53", "127.0.0.54:5353", "[::1]"], valid: 2 },
    routes: [
      { name: "api", path: "/api/", to: backend, strategy: "least-connections", healthCheck: { path: "/health/ready" } },
      { name: "websocket", path: "/ws", to: backend, strategy: "ip-hash", websocket: true, healthCheck: { path: "/health/ready" } },
      {
        name: "secure",
        path: "/secure/",
        to: { host: "secure.test", port: 8443 },
        upstreamTls: { caFile: "/etc/nginx/tls/ca.pem" },
        healthCheck: {
          path: "/",
          host: "app.example.org",
          interval: 5,
          timeout: 3,
          failures: 3,
          successes: 2,
          backoff: { initial: 2, max: 60 },
        },
      },
      {
        name: "frontend",
        path: "/",
        to: [frontend, { host: "192.0.2.9", port: 80, backup: true }],
        healthCheck: { tcp: true, backoff: { max: 5 } },
      },
    ],
  },

  "many-hosts": {
    hosts: ["app.example.org", "www.example.org"],
    tls: {
      certificates: [
        certificate,
        { certificateFile: "/etc/nginx/tls/1.pem", keyFile: "/run/secrets/tls-1.key", hosts: ["*.internal.example.org"] },
      ],
      profile: "modern",
      hsts: { includeSubDomains: true, preload: true },
      http2: false,
      http3: true,
      sessionCache: "20m",
      sessionTimeout: 3600,
      stapling: true,
    },
    redirectStatus: 301,
    acme: { to: { host: "testbro-acme", port: 8080 } },
    routes: [
      { name: "app", path: "/", to: frontend },
      { name: "grafana", hosts: ["grafana.internal.example.org"], path: "/", to: { host: "grafana", port: 3000 } },
      { name: "secure", path: "/secure/", to: backend, upstreamTls: { caFile: "/etc/nginx/tls/ca.pem", serverName: "backend.test" } },
      { name: "robots", path: "/robots.txt", match: "exact", respond: { status: 200, body: "User-agent: *\nDisallow: /\n" } },
      { name: "old", path: "/old", redirect: { to: "https://example.org/new?price=$5", status: 301 } },
    ],
  },

  guarded: {
    hosts: ["192.0.2.1"],
    tls: { certificates: [certificate] },
    trustedProxies: { ranges: ["10.0.0.0/8", "2001:db8::/32"], header: "CF-Connecting-IP" },
    limits: {
      perClient: { rate: "20r/s", burst: 40, delayAfter: 20 },
      global: { rate: "1000r/s", burst: 500 },
      connections: { perClient: 50, total: 2000 },
      zoneSize: "5m",
    },
    timeouts: { header: 5, body: 5, send: 5, keepalive: 30 },
    processes: { workers: 2, connections: 1024, shutdownTimeout: 30 },
    resolver: { addresses: ["10.96.0.10"], valid: 5, timeout: 1, ipv6: true },
    metrics: { zoneSize: "8m" },
    accessLog: { path: "/dev/stdout", query: true, clientAddress: false },
    headers: {
      csp: false,
      referrerPolicy: "no-referrer",
      permissionsPolicy: false,
      frameOptions: "SAMEORIGIN",
      openerPolicy: false,
      set: { "X-Robots-Tag": "noindex", "X-Odd": 'a "b" $host; } {' },
      hide: ["Via"],
    },
    bodySpace: "200m",
    routes: [
      {
        name: "login",
        path: "/login",
        to: backend,
        rateLimits: [
          { rate: "5r/m", burst: 5 },
          { rate: "50r/s", key: "everyone" },
        ],
      },
      { name: "upload", path: "/upload", to: backend, maxBodySize: "100m", connectionLimit: { perClient: 2, total: 20 } },
      {
        name: "admin",
        path: "/admin/",
        to: backend,
        access: {
          allow: ["10.0.0.0/8"],
          deny: ["10.6.6.6"],
          allowFrom: "host",
          basicAuth: { realm: 'Staff "only" $', file: "/run/secrets/users-admin" },
          satisfy: "any",
        },
      },
      {
        name: "machine",
        path: "/machine/",
        to: backend,
        access: {
          apiKeys: [
            { id: "default", hash: "AAAAAAAAAAAAAAAAAAAAAA" },
            { id: "ci-2", hash: "BBBBBBBBBBBBBBBBBBBBBA" },
          ],
        },
      },
    ],
  },

  fast: {
    tls: false,
    accessLog: false,
    cacheZone: { keys: "5m", maxSize: "24m", maxEntry: "512k", inactive: 60 },
    compression: { gzip: { level: 6 }, brotli: { level: 5 }, minLength: 512, types: ["application/json", "text/css"] },
    routes: [
      {
        name: "assets",
        path: "/assets/",
        to: frontend,
        cache: { seconds: 3600, notFoundSeconds: 5, version: "v2", bypassCookies: ["session"] },
        headers: {
          cacheControl: { hashed: "public, max-age=31536000, immutable", assets: "public, max-age=300", others: "no-cache" },
          cdn: { seconds: 60, staleWhileRevalidate: 30, staleIfError: 86_400, bypassCookies: ["session"] },
        },
      },
      { name: "api", path: "/api/", to: backend, cache: { seconds: 1, staleWhileRevalidate: false, lock: false } },
      {
        name: "news",
        path: "/news/",
        to: backend,
        cache: "micro",
        headers: { cdn: { seconds: 1, header: "Surrogate-Control" } },
      },
    ],
  },

  site: {
    hosts: ["www.example.org"],
    tls: false,
    routes: [
      {
        name: "app",
        path: "/",
        files: { root: "/srv/app", fallback: "index.html" },
        variants: ["avif", "webp"],
        headers: { cacheControl: { hashed: "public, max-age=31536000, immutable", others: "no-cache" } },
      },
      {
        name: "docs",
        path: "/docs $1/",
        files: { root: "/srv/docs", index: "start.html", precompressed: false },
        access: { allow: ["10.0.0.0/8"] },
      },
      { name: "pictures", path: "/pictures/", to: frontend, variants: ["webp"], stripPath: true, cache: { seconds: 60 } },
    ],
  },

  pictures: {
    tls: { certificates: [certificate] },
    imageZone: { keys: "2m", maxSize: "8m", inactive: 3600 },
    routes: [
      { name: "photos", path: "/photos/", to: frontend, stripPath: true, images: {}, variants: ["webp"] },
      {
        name: "avatars",
        path: "/avatars/",
        files: { root: "/srv/avatars" },
        images: {
          widths: [64, 128],
          heights: [64, 128],
          qualities: [40],
          quality: 80,
          fit: "cover",
          maxOriginal: "2m",
          seconds: 60,
          rate: "120r/m",
          version: "v2",
        },
      },
    ],
  },

  headers: {
    tls: false,
    processes: { workers: "auto" },
    headers: {
      csp: "default-src 'none'",
      permissionsPolicy: "camera=()",
      openerPolicy: "unsafe-none",
      cacheControl: { hashed: "public, max-age=31536000, immutable", assets: "public, max-age=60", others: "no-cache" },
      cdn: { seconds: 60, header: "Cloudflare-CDN-Cache-Control", bypassCookies: ["session"] },
    },
    routes: [
      {
        name: "app",
        path: "/",
        to: backend,
        strategy: "hash",
        hashBy: { header: "X-Tenant" },
        headers: {
          referrerPolicy: "same-origin",
          permissionsPolicy: "usb=()",
          frameOptions: "SAMEORIGIN",
          openerPolicy: "same-origin-allow-popups",
          set: { "X-Route": "app" },
          hide: ["X-Runtime"],
        },
      },
      { name: "version", path: "/version.txt", match: "exact", respond: { status: 200, body: "{}", contentType: "application/json" } },
    ],
  },

  // Whatever text is taken, nginx takes it as text.
  hostile: {
    tls: false,
    headers: { csp: `"; return 200 "; } $host`, referrerPolicy: "\\", permissionsPolicy: "#", openerPolicy: "} server {" },
    routes: [
      {
        name: "app",
        path: `/a"b;{}' #$host\\`,
        to: backend,
        stripPath: true,
        variants: ["webp"],
        images: {},
        headers: { set: { "X-Odd": `'"; \${host} $ }` }, cacheControl: { others: `private="a"` } },
        access: { basicAuth: { realm: `$realm"; }`, file: `/run/secrets/a b"c;{}` } },
      },
      { name: "files", path: `/{;}"$uri/`, files: { root: "/srv/site", fallback: "index.html" } },
      { name: "fixed", path: "/fixed", respond: { status: 200, body: `a"\n; } $host \${host} \\n`, contentType: `text/x; a="$host;}"` } },
      { name: "away", path: "/away", redirect: { to: `https://example.org/";}$host` } },
    ],
  },

  uncompressed: {
    tls: false,
    compression: { gzip: false, brotli: false },
    limits: { perClient: false, global: false },
    metrics: false,
    routes: [{ name: "app", path: "/", to: backend }],
  },
};
