import type { TraefikOptions } from ".";

const certificate = { certificate: "CERTIFICATE", key: "KEY" };
const backend = { discovered: "testbro-backend", port: 3001 };
const frontend = { discovered: "testbro-frontend", port: 3000 };
const discovery = { endpoint: "https://testbro-discovery:8445" };

/** Sets of options that between them use every one; rendered as snapshots and given to a real Traefik. */
export const EXAMPLES: Record<string, TraefikOptions> = {
  minimal: { tls: false, routes: [{ name: "app", path: "/", to: { host: "app", port: 3000 } }] },

  testbro: {
    hosts: ["testbro.example"],
    tls: { certificates: [certificate], hsts: { includeSubDomains: true } },
    ports: { publicHttps: 8443, publicHttp: 8080 },
    discovery,
    source: { endpoint: "https://testbro-discovery:8445/configuration", refresh: 5 },
    client: { caFile: "/etc/traefik/ca.pem", certificateFile: "/etc/traefik/client.pem", keyFile: "/run/secrets/client.key" },
    keyService: "https://testbro-discovery:8445/keys",
    dashboard: { host: "traefik.testbro.example", access: { allowFrom: "host", basicAuth: { realm: "Traefik", users: ["ada:$2y$10$x"] } } },
    shutdown: { accept: 2, finish: 25 },
    routes: [
      { name: "api", path: "/api/", to: backend, healthCheck: { path: "/health/ready", host: "backend", interval: 2, timeout: 1 } },
      { name: "websocket", path: "/ws", to: backend, strategy: "ip-hash", websocket: true },
      { name: "machine", path: "/machine/", to: backend, access: { apiKeys: [{ id: "ci", hash: "AAAAAAAAAAAAAAAAAAAAAA" }] } },
      {
        name: "monitoring",
        path: "/prometheus/",
        to: { host: "prometheus", port: 9090 },
        access: { allowFrom: "host", allow: ["10.0.0.0/8"] },
      },
      { name: "frontend", path: "/", to: frontend },
    ],
  },

  kubernetes: {
    hosts: ["testbro.example"],
    tls: { certificates: [certificate] },
    source: { endpoint: "https://discovery.testbro.svc.cluster.local:8445/configuration", replicas: true },
    routes: [
      { name: "api", path: "/api/", to: backend, healthCheck: { path: "/health/ready" } },
      { name: "secure", path: "/secure/", to: backend, strategy: "sticky-cookie", upstreamTls: { caFile: "/etc/ca.pem" } },
      { name: "spare", path: "/spare", to: [backend, { ...frontend, backup: true }], healthCheck: { path: "/" } },
      {
        name: "frontend",
        path: "/",
        to: [
          { ...frontend, weight: 9 },
          { host: "10.0.0.9", port: 80 },
        ],
        strategy: "weighted",
      },
    ],
  },

  strategies: {
    tls: false,
    discovery: { ...discovery, refresh: 0.5 },
    routes: [
      { name: "turn", path: "/rr", to: backend, strategy: "round-robin", maxFails: 5, failTimeout: 10 },
      { name: "fast", path: "/fast", to: [backend, frontend], strategy: "least-time", keepalive: { connections: 8, timeout: 2 } },
      { name: "by-ip", path: "/ip", to: [backend, frontend], strategy: "ip-hash", keepalive: false, maxFails: 0 },
      { name: "sticky", path: "/sticky", to: [backend, frontend], strategy: "sticky-cookie", stickyCookie: { name: "where", maxAge: 60 } },
      { name: "split", path: "/split", to: [{ ...backend, weight: 9 }, frontend], strategy: "weighted" },
      { name: "canary", path: "/canary", to: [{ ...backend, weight: 9 }, frontend], strategy: "weighted", split: "client" },
      { name: "spare", path: "/spare", to: [backend, { ...frontend, backup: true }], healthCheck: { path: "/" } },
      { name: "copied", path: "/copied", to: backend, mirror: { to: frontend, percent: 10, maxBodyBytes: 0 } },
      {
        name: "patient",
        path: "/slow",
        to: { host: "2001:db8::1", port: 80 },
        timeouts: { connect: 2, read: 300 },
        retry: false,
        stripPath: true,
      },
      {
        name: "eager",
        path: "/eager",
        match: "exact",
        to: backend,
        retry: { tries: 2, timeout: 5, on: ["error", "timeout", "invalid_header", "http_500", "http_504", "http_429"] },
        buffering: { request: true, response: true },
        circuitBreaker: { networkErrors: 0.1, serverErrors: 0.2, medianSeconds: 1.5, openSeconds: 5, recoverySeconds: 20 },
      },
    ],
  },

  "many-hosts": {
    hosts: ["app.example.org", "www.example.org"],
    tls: {
      certificates: [{ ...certificate, hosts: ["*.internal.example.org"] }],
      profile: "modern",
      hsts: false,
      http2: false,
      http3: true,
      builtInAcme: {
        email: "ops@example.org",
        directory: "https://acme.test/dir",
        authorityFile: "/etc/traefik/acme-ca.pem",
        certificateHours: 24,
      },
    },
    redirectStatus: 302,
    acme: { to: { host: "testbro-acme", port: 8402 } },
    routes: [
      { name: "app", path: "/", to: { host: "app", port: 3000 } },
      {
        name: "grafana",
        hosts: ["grafana.internal.example.org", "*.any.test", "2001:db8::7"],
        path: "/",
        to: { host: "grafana", port: 3000 },
      },
      {
        name: "secure",
        path: "/secure/",
        to: { host: "10.0.0.1", port: 443 },
        upstreamTls: { caFile: "/etc/ca.pem", serverName: "backend.test" },
      },
      { name: "gone", path: "/gone", match: "exact", respond: { status: 410 } },
      { name: "old", path: "/old", redirect: { to: "https://example.org/new?price=$5", status: 301 } },
    ],
  },

  guarded: {
    tls: { certificates: [certificate], builtInAcme: { challenge: "http-01" } },
    limits: { perClient: { rate: "20r/s", burst: 40 }, connections: { perClient: 50 } },
    timeouts: { keepalive: 30 },
    requestSeconds: 10,
    accessLog: { path: "/var/log/access.json", query: true, clientAddress: false },
    compression: { brotli: false, minLength: 512, types: ["application/json"] },
    headers: { csp: false, referrerPolicy: "no-referrer", permissionsPolicy: false, frameOptions: "SAMEORIGIN", openerPolicy: false },
    routes: [
      {
        name: "login",
        path: "/login",
        to: { host: "app", port: 3000 },
        rateLimits: [
          { rate: "5r/m", burst: 5 },
          { rate: "50r/s", key: "everyone" },
        ],
        headers: { csp: "upstream", set: { "X-Odd": 'a "b" {{ env "HOME" }} $host' }, hide: ["Via"] },
      },
      {
        name: "upload",
        path: "/upload",
        to: { host: "app", port: 3000 },
        maxBodySize: "100m",
        connectionLimit: { perClient: 2, total: 20 },
      },
      {
        name: "admin",
        path: "/admin/",
        to: { host: "app", port: 3000 },
        access: { allow: ["10.0.0.0/8"], deny: ["10.6.6.6"], basicAuth: { realm: "Staff", users: ["ada:$2y$10$x"] }, satisfy: "any" },
      },
      {
        name: "asked",
        path: "/asked/",
        to: { host: "app", port: 3000 },
        access: { forwardAuth: { address: "http://auth/verify", requestHeaders: ["Cookie"], responseHeaders: ["X-User"] } },
      },
    ],
  },

  proxied: {
    tls: false,
    trustedProxies: { ranges: ["10.0.0.0/8", "2001:db8::/32"] },
    accessLog: false,
    compression: { gzip: false, brotli: false },
    limits: { perClient: false, global: { rate: "100r/s", burst: 50 } },
    routes: [{ name: "app", path: "/", to: { host: "app", port: 3000 }, access: { allow: ["192.0.2.0/24"] } }],
  },
};
