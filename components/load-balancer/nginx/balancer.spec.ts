import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { declaredRef, recordResources, valueOf, type RecordedResource } from "../../platform/testing/mocks";
import type { RecordingPlatform } from "../../platform/testing/recording";
import { onlyPorts } from "../../workload";
import { randomPasswordHash } from "../password-hash";
import type { NginxLoadBalancerOptions } from "./options";
import type { ProberConfiguration } from "./render";

let resources: RecordedResource[];
let balancer: typeof import("./balancer");
let certificates: typeof import("../../certificates");
let Recording: typeof RecordingPlatform;

const backend = declaredRef("backend", { http: 3001, metrics: 9464 });
const frontend = declaredRef("frontend", { http: 3000 });
const prometheus = declaredRef("prometheus", { http: 9090 });

/** Hashes of passwords. */
const BCRYPT = `$2y$10$${"a".repeat(53)}`;
const SHA = randomPasswordHash("0123456789abcdefghijklmnopqrstuv");

describe("NginxLoadBalancer", () => {
  before(async () => {
    resources = await recordResources();
    balancer = await import("./balancer.js");
    certificates = await import("../../certificates/index.js");
    Recording = (await import("../../platform/testing/recording.js")).RecordingPlatform;
  });

  let platform: RecordingPlatform;
  beforeEach(() => {
    resources.splice(0);
    platform = new Recording();
  });

  function create(options: Partial<NginxLoadBalancerOptions> = {}) {
    return new balancer.NginxLoadBalancer("nginx", {
      platform,
      image: "testbro/nginx:1",
      hosts: ["localhost"],
      tls: { authority: new certificates.OwnCertificateAuthority("ca") },
      routes: [
        { name: "backend", path: "/api/", to: backend, strategy: "least-connections" },
        { name: "frontend", path: "/", to: frontend },
      ],
      ...options,
    });
  }

  it("runs one workload with the configuration, the certificate and the key as a secret", async () => {
    const lb = create({ scraper: prometheus });
    const workload = platform.workload("nginx");
    const text = await valueOf(workload.files?.["/etc/nginx/nginx.conf"]?.content ?? "");
    assert.equal(text, await valueOf(lb.configuration));
    assert.match(text, /server testbro-backend:3001 resolve max_fails=2 fail_timeout=2s;/);
    assert.match(text, /ssl_certificate \/etc\/nginx\/tls\/0\.pem;\n\s+ssl_certificate_key \/run\/secrets\/tls-0\.key;/);
    assert.equal(await valueOf(workload.files?.["/etc/nginx/tls/0.pem"]?.content ?? ""), "certificate of nginx-tls-certificate\n");
    const secret = platform.secrets[0];
    assert.equal(workload.secrets?.["/run/secrets/tls-0.key"], secret);
    assert.equal(secret?.name, "nginx-tls-0-key");
    assert.equal(await valueOf(secret?.data ?? ""), "key of nginx-tls-key");
    assert.equal(await pulumi.isSecret(pulumi.output(secret?.data)), true);
    assert.equal(secret?.opts?.parent, lb);
    assert.equal(platform.recorded("nginx").opts?.parent, lb);
    assert.deepEqual(platform.recorded("nginx").opts?.aliases, [{ name: "testbro-traefik" }], "it takes the place of a Traefik");
    assert.deepEqual(workload.connects, [onlyPorts(backend, ["http"]), onlyPorts(frontend, ["http"])], "on the ports it routes to");
    assert.deepEqual(workload.metrics, { port: "status", path: "/metrics", scraper: prometheus });
    assert.deepEqual(lb.targets, [{ tier: "load-balancer", ref: lb.ref, port: "status", path: "/metrics", minimum: 1 }]);
  });

  it("tells the prober whom to ask in a file beside the configuration, and has its metrics read too", async () => {
    const routes = [{ name: "backend", path: "/", to: backend, healthCheck: { path: "/health/ready" } }];
    const lb = create({ scraper: prometheus, routes });
    const text = await valueOf(platform.workload("nginx").files?.["/etc/nginx/prober.json"]?.content ?? "");
    const { upstreams, resolvers } = JSON.parse(text) as ProberConfiguration;
    assert.deepEqual([upstreams[0]?.host, upstreams[0]?.port, resolvers], ["testbro-backend", 3001, ["127.0.0.11"]]);
    assert.match(await valueOf(lb.configuration), /resolver 127\.0\.0\.1:5353 valid=1s/);
    assert.deepEqual(lb.targets[1], { ...lb.targets[0], path: "/metrics/upstreams", part: "upstreams", minimum: 0 });

    platform = new Recording();
    create({ onChange: "reload", routes });
    const files = platform.workload("nginx-bundle").files ?? {};
    assert.equal(await valueOf(files["/etc/nginx/bundle/prober.json"]?.content ?? ""), text);
    assert.deepEqual(Object.keys(platform.workload("nginx").files ?? {}), [
      "/etc/nginx/bundle-tls/certificate.pem",
      "/etc/nginx/bundle-tls/authority.pem",
    ]);
  });

  it("is not root, has a read-only image, is asked about itself alone, and stops by finishing requests", () => {
    create();
    const workload = platform.workload("nginx");
    assert.deepEqual(workload.security, {
      user: { uid: 10101, gid: 10101 },
      readOnlyRoot: true,
      writable: ["/run/nginx", "/var/cache/nginx", { path: "/run/nginx/bodies", size: 64 * 2 ** 20 }],
    });
    assert.deepEqual(workload.health.live, {
      http: { port: "status", path: "/healthz" },
      interval: 2,
      timeout: 5,
      retries: 3,
      startPeriod: 10,
    });
    assert.deepEqual(workload.stop, { signal: "SIGQUIT", grace: 30 });
    assert.equal(workload.update?.order, undefined, "whether the old or the new one goes first is the platform's to say");
  });

  it("may go out for OCSP answers where a given certificate may name a responder, and nowhere else", () => {
    const given = [{ certificate: "PEM", key: "KEY" }];
    const outside = (tls: NginxLoadBalancerOptions["tls"]) => {
      platform = new Recording();
      create({ tls });
      return platform.workload("nginx").outside;
    };
    assert.deepEqual(outside({ certificates: given }), [{ ports: [80] }]);
    assert.equal(outside({ certificates: given, stapling: false }), undefined);
    assert.equal(outside({ certificates: given, authority: new certificates.OwnCertificateAuthority("other") }), undefined);
    assert.equal(outside(false), undefined);
  });

  it("gives request bodies a directory of their own, as large as told, and only what the memory holds", () => {
    create({ bodySpace: "128m", resources: { limits: { memory: "320Mi" } } });
    assert.deepEqual(platform.workload("nginx").security.writable?.at(-1), { path: "/run/nginx/bodies", size: 128 * 2 ** 20 });
    platform = new Recording();
    assert.throws(
      () => create({ bodySpace: "128m" }),
      /nginx\.bodySpace: 128m does not fit in .*\(256Mi\).* resources\.limits\.memory: "320Mi"/,
    );
    platform = new Recording();
    assert.throws(() => create({ bodySpace: "lots" as "1m" }), /nginx\.bodySpace: "lots" is not a size/);
  });

  it("mounts a volume with files once, and serves it from where it is", async () => {
    const files = { volume: "site", fallback: "index.html" };
    const routes: NginxLoadBalancerOptions["routes"] = [
      { name: "site", path: "/", files },
      { name: "docs", path: "/docs/", files: { volume: "site" } },
      { name: "image", path: "/image/", files: { root: "/srv/image" } },
    ];
    const lb = create({ routes });
    assert.deepEqual(platform.workload("nginx").volumes, [{ name: "site", path: "/srv/site" }]);
    const text = await valueOf(lb.configuration);
    assert.match(text, /alias \/srv\/site\/;[^]*alias \/srv\/site\/;[^]*alias \/srv\/image\/;/);
    assert.throws(
      () => create({ routes: [{ name: "site", path: "/", files: { volume: "../etc" } }] }),
      /nginx\.routes\[0\]\.files\.volume: "\.\.\/etc" is not a name/,
    );
  });

  it("publishes the machine's ports, never the status port, and redirects to the published one", async () => {
    const lb = create({ ports: { http: 8000, https: 8444 } });
    assert.deepEqual(platform.workload("nginx").ports, [
      { name: "http", container: 8080, publish: { port: 8000 } },
      { name: "https", container: 8443, publish: { port: 8444 } },
      { name: "status", container: 8081 },
    ]);
    assert.match(await valueOf(lb.configuration), /return 308 https:\/\/\$host:8444\$request_uri;/);
  });

  it("leaves plain HTTP unpublished when told so", () => {
    create({ ports: { http: false } });
    assert.deepEqual(platform.workload("nginx").ports?.[0], { name: "http", container: 8080 });
  });

  it("has the authority issue for every host of the balancer and its routes", async () => {
    const lb = create({
      hosts: ["app.test", "192.0.2.1"],
      routes: [
        { name: "app", path: "/", to: backend },
        { name: "prometheus", path: "/", hosts: ["prometheus.test"], to: prometheus },
      ],
    });
    await valueOf(lb.certificate?.certificatePem ?? "");
    const request = resources.find((each) => each.name === "nginx-tls-request")?.inputs;
    assert.deepEqual(request?.["dnsNames"], ["app.test", "prometheus.test"]);
    assert.deepEqual(request?.["ipAddresses"], ["192.0.2.1"]);
  });

  it("takes certificates that exist, each for its hosts", async () => {
    const lb = create({
      tls: {
        certificates: [
          { certificate: "A", key: "a", hosts: ["localhost"] },
          { certificate: "B", key: pulumi.output("b") },
        ],
      },
    });
    assert.equal(lb.certificate, undefined);
    assert.deepEqual(
      platform.secrets.map((each) => each.name),
      ["nginx-tls-0-key", "nginx-tls-1-key"],
    );
    assert.equal(await valueOf(platform.workload("nginx").files?.["/etc/nginx/tls/1.pem"]?.content ?? ""), "B");
    assert.equal(await valueOf(platform.secrets[1]?.data ?? ""), "b");
    assert.doesNotMatch(await valueOf(lb.configuration), /tls\/1\.pem/);
  });

  it("puts users into a secret file and API key hashes into the configuration", async () => {
    const hash = "A".repeat(21) + "Q";
    const lb = create({
      routes: [
        {
          name: "admin",
          path: "/admin/",
          to: backend,
          access: {
            basicAuth: { users: { ada: pulumi.secret(BCRYPT), bob: SHA } },
            apiKeys: [{ id: "ci", hash: pulumi.output(hash) }],
          },
        },
      ],
    });
    const users = platform.secrets.find((each) => each.name === "nginx-users-admin");
    assert.equal(await valueOf(users?.data ?? ""), `ada:${BCRYPT}\nbob:${SHA}\n`);
    assert.equal(platform.workload("nginx").secrets?.["/run/secrets/users-admin"], users);
    const text = await valueOf(lb.configuration);
    assert.match(text, /auth_basic_user_file \/run\/secrets\/users-admin;/);
    assert.ok(text.includes(`ci ${hash};`));
  });

  it("takes no password for its hash", () => {
    const routes = [{ name: "admin", path: "/", to: backend, access: { basicAuth: { users: { ada: "open sesame" } } } }];
    const message = /basicAuth\.users: the value of "ada" is not a password's hash\. Fix: give what htpasswd -nB USER prints/;
    assert.throws(() => create({ routes }), message);
  });

  it("lays the user's fields over the workload", () => {
    create({ placement: { labels: { type: "lb" } }, resources: { limits: { memory: "1Gi" } }, workload: { env: { A: "b" } } });
    const workload = platform.workload("nginx");
    assert.deepEqual(workload.placement, { labels: { type: "lb" } });
    assert.deepEqual(workload.resources.limits, { cpu: 1, memory: "1Gi" });
    assert.deepEqual(workload.env, { A: "b" });
  });

  it("fits nginx to its resources: workers by the CPUs, and memory for each where images are resized", async () => {
    const lb = create({ resources: { limits: { cpu: 2 } } });
    assert.match(await valueOf(lb.configuration), /worker_processes 2;/);
    assert.equal(platform.workload("nginx").env, undefined);
    platform = new Recording();
    const resizing = create({
      routes: [{ name: "photos", path: "/", to: backend, images: {} }],
      resources: { limits: { cpu: 2 } },
      workload: { resources: { limits: { memory: "1Gi" } }, env: { A: "b" } },
    });
    assert.match(await valueOf(resizing.configuration), /worker_processes 3;/);
    assert.deepEqual(platform.workload("nginx").env, { NGINX_DATA_LIMIT: String(256 * 1024), A: "b" });
  });

  it("onChange reload: a service beside it offers the files, and the balancer keeps none that would replace it", async () => {
    const lb = create({
      onChange: "reload",
      routes: [{ name: "app", path: "/", to: backend, access: { basicAuth: { users: { ada: SHA } } } }],
    });
    const bundle = platform.workload("nginx-bundle");
    assert.deepEqual(bundle.command, ["testbro-nginx-bundle"]);
    assert.deepEqual(Object.keys(bundle.files ?? {}).sort(), [
      "/etc/nginx/bundle-tls/authority.pem",
      "/etc/nginx/bundle-tls/certificate.pem",
      "/etc/nginx/bundle/nginx.conf",
      "/etc/nginx/bundle/tls-0.pem",
    ]);
    assert.deepEqual(Object.keys(bundle.secrets ?? {}).sort(), [
      "/run/secrets/bundle-tls.key",
      "/run/secrets/bundle/tls-0.key",
      "/run/secrets/bundle/users-app",
    ]);
    const text = await valueOf(bundle.files?.["/etc/nginx/bundle/nginx.conf"]?.content ?? "");
    assert.match(text, /ssl_certificate \/@bundle@\/tls-0\.pem;/);
    assert.match(text, /auth_basic_user_file \/@bundle@\/users-app;/);

    const workload = platform.workload("nginx");
    assert.deepEqual(Object.keys(workload.files ?? {}).sort(), [
      "/etc/nginx/bundle-tls/authority.pem",
      "/etc/nginx/bundle-tls/certificate.pem",
    ]);
    assert.deepEqual(Object.keys(workload.secrets ?? {}), ["/run/secrets/bundle-tls.key"]);
    assert.equal(workload.env?.["NGINX_BUNDLE"], "https://testbro-nginx-bundle:8444");
    assert.deepEqual(
      workload.connects?.map((each) => each.name),
      ["backend", "nginx-bundle"],
    );
    assert.deepEqual(platform.recorded("nginx").opts?.dependsOn, [lb.bundle]);
    await valueOf(lb.urn);
    const client = resources.find((each) => each.name === "nginx-bundle-client-certificate");
    assert.deepEqual(client?.inputs["allowedUses"], ["digital_signature", "client_auth"]);
    assert.equal(client?.inputs["caCertPem"], "certificate of nginx-bundle-ca-certificate\n");
  });

  it("publishes UDP for HTTP/3", () => {
    create({ tls: { authority: new certificates.OwnCertificateAuthority("ca3"), http3: true } });
    assert.deepEqual(platform.workload("nginx").ports?.[2], { name: "http3", container: 8443, protocol: "udp", publish: { port: 443 } });
  });

  const refused: [string, Partial<NginxLoadBalancerOptions>, RegExp][] = [
    ["no source of certificates", { tls: {} }, /nginx\.tls: has neither certificates nor an authority.*tls: false/],
    [
      "a port the workload lacks",
      { routes: [{ name: "a", path: "/", to: { ref: backend, port: "grpc" } }] },
      /nginx\.routes\[0\]\.to\.port: "backend" has no port "grpc" \(http, metrics\)/,
    ],
    ["no routes", { routes: [] }, /nginx\.routes: is empty/],
    [
      "a user name with a colon",
      { routes: [{ name: "a", path: "/", to: backend, access: { basicAuth: { users: { "a:b": "x" } } } }] },
      /"a:b" is not a user name/,
    ],
    ["no users", { routes: [{ name: "a", path: "/", to: backend, access: { basicAuth: { users: {} } } }] }, /users: is empty/],
    ["what the renderer refuses", { routes: [{ name: "A b", path: "x", to: backend }] }, /routes\[0\]\.name[^]*routes\[0\]\.path/],
  ];
  for (const [what, options, message] of refused) {
    it(`refuses ${what} before anything is created`, () => {
      assert.throws(() => create(options), message);
      assert.equal(platform.runs.length, 0);
      assert.equal(platform.secrets.length, 0);
    });
  }

  it("hands on what the platform cannot do", () => {
    platform.refused = [{ path: "nginx.x", message: "cannot", fix: "do not" }];
    assert.throws(() => create(), /nginx\.x: cannot/);
  });
});
