import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { declaredRef, recordResources, valueOf, type RecordedResource } from "../../platform/testing/mocks";
import type { RecordingPlatform } from "../../platform/testing/recording";
import { onlyPorts } from "../../workload";
import type { TraefikLoadBalancerOptions } from "./options";

let resources: RecordedResource[];
let balancer: typeof import("./balancer");
let certificates: typeof import("../../certificates");
let Recording: typeof RecordingPlatform;

const backend = declaredRef("backend", { http: 3001, metrics: 9464 });
const prometheus = declaredRef("prometheus", { http: 9090 });
const api = { name: "api", path: "/api/", to: backend, healthCheck: { path: "/health/ready" } };

describe("TraefikLoadBalancer", () => {
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

  function create(options: Partial<TraefikLoadBalancerOptions> = {}) {
    return new balancer.TraefikLoadBalancer("lb", {
      platform,
      images: { traefik: "testbro/traefik:1", discovery: "testbro/discovery:1" },
      engineGroup: 998,
      hosts: ["app.test"],
      tls: { authority: new certificates.OwnCertificateAuthority("ca") },
      discovered: balancer.TraefikLoadBalancer.discover(platform, [api]),
      routes: [api, { name: "prometheus", path: "/prometheus/", to: prometheus }],
      ...options,
    });
  }

  async function configuration(lb: { configuration: pulumi.Output<string> }) {
    const text = await valueOf(lb.configuration);
    return JSON.parse(text) as { http: { routers: Record<string, { service: string }>; services: Record<string, unknown> }; tls: object };
  }

  it("finds labelled workloads by their labels, and others by their name", async () => {
    const { http } = await configuration(create());
    assert.equal(http.routers["api"]?.service, "api@swarm");
    assert.equal(http.routers["prometheus"]?.service, "prometheus");
    assert.match(JSON.stringify(http.services["prometheus"]), /"url":"http:\/\/testbro-prometheus:9090"/);
    const workload = {
      ...platform.workload("traefik"),
      ports: [
        { name: "http", container: 3001 },
        { name: "metrics", container: 9464 },
      ],
      metrics: undefined,
    };
    const { metrics, ...rest } = workload;
    void metrics;
    platform.run(backend, { ...rest, kind: "service", health: { live: { tcp: { port: "http" } } }, volumes: [] });
    const labels = platform.workload("backend").labels ?? {};
    assert.equal(labels["traefik.enable"], "true");
    assert.equal(labels["traefik.http.services.api.loadbalancer.server.port"], "3001");
    assert.equal(labels["traefik.http.services.api.loadbalancer.strategy"], "p2c");
    assert.equal(labels["traefik.http.services.api.loadbalancer.healthcheck.path"], "/health/ready");
    assert.equal(labels["traefik.http.services.api.loadbalancer.serverstransport"], "api@http");
    assert.throws(() => balancer.TraefikLoadBalancer.discover(platform, [api]), /backend runs already; label it before it does/);
  });

  it("the balancer has no socket, and the discovery shows it to the balancer alone", async () => {
    const lb = create({ scraper: prometheus });
    const workload = platform.workload("traefik");
    assert.equal(workload.hostSockets, undefined);
    assert.deepEqual(workload.security, { user: { uid: 10102, gid: 10102 }, readOnlyRoot: true, writable: ["/run/traefik", "/tmp"] });
    assert.deepEqual(workload.connects, [
      onlyPorts(backend, ["http"]),
      onlyPorts(prometheus, ["http"]),
      { ...declaredRef("traefik-discovery", { discovery: 8445 }) },
    ]);
    assert.deepEqual(workload.metrics, { port: "status", path: "/metrics", scraper: prometheus });
    assert.deepEqual(
      lb.targets.map(({ tier, ref, port, path, minimum }) => [tier, ref.name, port, path, minimum]),
      [
        ["load-balancer", "traefik", "status", "/metrics", 1],
        ["load-balancer", "traefik-discovery", "status", "/metrics", 2],
      ],
    );
    const told = platform.workload("traefik-discovery");
    assert.deepEqual(told.metrics, { port: "status", path: "/metrics", scraper: prometheus });
    assert.deepEqual(told.hostSockets, { "/var/run/docker.sock": "/var/run/docker.sock" });
    assert.deepEqual(told.security.groups, [998]);
    assert.ok(told.ports?.every((port) => port.publish === undefined));
    assert.equal(told.env?.["DISCOVERY_NETWORK"], "testbro-edge");
    assert.deepEqual(platform.recorded("traefik").opts?.dependsOn, [lb.discovery.resource]);
    assert.equal(
      await valueOf(workload.files?.["/etc/traefik/discovery/certificate.pem"]?.content ?? ""),
      "certificate of lb-discovery-client-certificate\n",
    );
    const client = resources.find((each) => each.name === "lb-discovery-client-certificate");
    assert.deepEqual(client?.inputs["allowedUses"], ["digital_signature", "client_auth"]);
    assert.equal(client?.inputs["caCertPem"], "certificate of lb-discovery-ca-certificate\n");
  });

  it("keeps keys, passwords and certificates out of what the balancer starts with: a change of them replaces no balancer", async () => {
    const access = { basicAuth: { users: { ada: pulumi.secret("$2y$10$x") } } };
    const lb = create({ routes: [{ ...api, access }] });
    const text = await valueOf(lb.configuration);
    assert.match(text, /ada:\$2y\$10\$x/);
    assert.match(text, /key of lb-tls-key/);
    assert.equal(await pulumi.isSecret(lb.configuration), true);
    const files = platform.workload("traefik").files ?? {};
    const started = (await Promise.all(Object.values(files).map((file) => valueOf(file.content)))).join();
    assert.doesNotMatch(started, /ada|lb-tls/);
    const secret = platform.secrets.find((each) => each.name === "lb-configuration");
    assert.equal(platform.workload("traefik-discovery").secrets?.["/run/secrets/configuration.json"], secret);
    assert.deepEqual(Object.keys(platform.workload("traefik").secrets ?? {}), ["/run/secrets/discovery.key"]);
  });

  it("has API keys judged by the discovery", async () => {
    const lb = create({ routes: [{ ...api, access: { apiKeys: [{ id: "ci", hash: pulumi.output("HASH") }] } }] });
    assert.match(await valueOf(lb.configuration), /"address": "https:\/\/testbro-traefik-discovery:8445\/keys\/api"/);
    const secret = platform.secrets.find((each) => each.name === "lb-keys");
    assert.equal(await valueOf(secret?.data ?? ""), '{"api":[{"id":"ci","hash":"HASH"}]}');
    assert.doesNotMatch(await valueOf(lb.configuration), /HASH/);
  });

  it("shows the dashboard at traefik.<domain>, whose name the certificate carries", async () => {
    const access = { allowFrom: "host" as const, basicAuth: { users: { ada: "x" } } };
    const lb = create({ dashboard: { access } });
    const { http } = await configuration(lb);
    assert.equal(http.routers["dashboard"]?.service, "api@internal");
    // The host's own list is always there, so that a dashboard which comes or goes replaces no balancer.
    assert.equal(platform.workload("traefik").env, undefined);
    assert.match(await valueOf(lb.configuration), /"host@file"/);
    await valueOf(lb.certificate?.certificatePem ?? "");
    const request = resources.find((each) => each.name === "lb-tls-request")?.inputs;
    assert.deepEqual(request?.["dnsNames"], ["app.test", "traefik.app.test"]);
  });

  it("tells the image's entry point who may come in besides the host", () => {
    create({ routes: [{ ...api, access: { allowFrom: "host", allow: ["10.0.0.0/8"] } }] });
    assert.deepEqual(platform.workload("traefik").env, { TRAEFIK_HOST_ACCESS: "api-host=10.0.0.0/8" });
  });

  it("takes the place of an nginx balancer of its name, which has the ports", () => {
    create();
    assert.deepEqual(platform.recorded("traefik").opts?.aliases, [{ name: "testbro-nginx" }]);
  });

  it("with its own ACME client, keeps certificates in a volume, and may reach the authority", async () => {
    const lb = create({ tls: { builtInAcme: { email: "ops@app.test", directory: "https://acme.test:14000/dir" } } });
    const workload = platform.workload("traefik");
    assert.equal(workload.kind, "stateful");
    assert.deepEqual(workload.volumes, [{ name: "acme", path: "/var/lib/traefik", size: "1Gi" }]);
    assert.deepEqual(workload.outside, [{ ports: [14000] }]);
    assert.match(await valueOf(lb.configuration), /"certResolver": "acme"/);
  });

  describe("with certificates from an ACME authority", () => {
    const acme = { image: "testbro/acme:1", email: "ops@example.org" };
    const hosts = ["app.example.org", "192.0.2.1"];
    const secured = (more: object = {}): Partial<TraefikLoadBalancerOptions> => ({
      ...{ hosts, replicas: 2, routes: [api, { name: "shop", path: "/", hosts: ["shop.example.org"], to: backend }] },
      tls: { authority: new certificates.OwnCertificateAuthority("ca-acme"), acme: { ...acme, ...more } },
    });

    it("a service gets one for each site, and the discovery lays them over the own authority's for the same names", async () => {
      const lb = create(secured());
      const service = platform.workload("traefik-acme");
      assert.equal(service.env?.["ACME_CERTIFICATES"], "app.example.org shop.example.org");
      assert.equal(service.env["ACME_BALANCER"], "http://testbro-traefik:8080");
      assert.deepEqual(service.connects, [onlyPorts(lb.ref, ["http"])]);

      const discovery = platform.workload("traefik-discovery");
      assert.equal(discovery.env?.["DISCOVERY_OFFERS_URL"], "https://testbro-traefik-acme:8444");
      for (const file of ["CA", "CERTIFICATE"])
        assert.ok(String(discovery.env[`DISCOVERY_OFFERS_${file}_FILE`]) in (discovery.files ?? {}));
      assert.ok(String(discovery.env["DISCOVERY_OFFERS_KEY_FILE"]) in (discovery.secrets ?? {}));
      const reached = (workload: typeof discovery) => workload.connects?.map(({ name, ports }) => [name, Object.keys(ports)]);
      assert.deepEqual(reached(discovery), [["traefik-acme", ["offer"]]]);

      const { http } = await configuration(lb);
      assert.match(JSON.stringify(http.services["acme"]), /"url":"http:\/\/testbro-traefik-acme:8402"/);
      assert.match(JSON.stringify(http.routers["acme"]), /^\{"entryPoints":\["http"\],"rule":"PathPrefix\(.*"service":"acme"\}$/);
      const traefik = platform.workload("traefik");
      assert.equal(traefik.kind, "service");
      assert.deepEqual(reached(traefik)?.at(-1), ["traefik-acme", ["challenge"]]);
      assert.equal(traefik.health.live.startPeriod, 30, "it waits for the certificates before it has routes");
      assert.deepEqual(
        lb.targets.map(({ ref }) => ref.name),
        ["traefik", "traefik-discovery", "traefik-acme"],
      );

      await valueOf(lb.certificate?.certificatePem ?? "");
      const names = (suffix: string) => resources.find((each) => each.name === `lb-${suffix}-request`)?.inputs;
      assert.deepEqual([names("tls")?.["dnsNames"], names("tls")?.["ipAddresses"]], [[], ["192.0.2.1"]]);
      assert.deepEqual(names("tls-acme-0")?.["dnsNames"], ["app.example.org"]);
      assert.deepEqual(names("tls-acme-1")?.["dnsNames"], ["shop.example.org"]);
      // The one for whoever asks for none of the others is the one of the rest.
      assert.match(await valueOf(lb.configuration), /"defaultCertificate": \{\s*"certFile": "certificate of lb-tls-certificate/);
    });

    it("by DNS, nothing answers challenges", async () => {
      const lb = create(secured({ challenge: { dns: { provider: "cloudflare" } } }));
      assert.equal(platform.workload("traefik-acme").env?.["ACME_CHALLENGE"], "cloudflare");
      assert.doesNotMatch(await valueOf(lb.configuration), /acme-challenge/);
    });
  });

  const refused: [string, () => Partial<TraefikLoadBalancerOptions>, RegExp][] = [
    [
      "no group of the engine's socket",
      () => ({ engineGroup: undefined }) as object,
      /lb\.engineGroup: is missing.*Fix: give the number that stat/,
    ],
    [
      "ACME with nothing to serve with until it has a certificate, twice, and for a private name",
      () => ({ tls: { acme: { image: "x", email: "ops@app.test" }, builtInAcme: {} } }),
      /lb\.tls\.authority: is missing[^]*lb\.tls\.builtInAcme: is there beside[^]*lb\.tls\.acme\.hosts: "app\.test" is a private name/,
    ],
    [
      "several balancers that would each get certificates",
      () => ({ replicas: 2, tls: { builtInAcme: {} } }),
      /lb\.replicas: 2 balancers cannot share what tls\.builtInAcme gets.*use tls\.acme/,
    ],
    ["no source of certificates", () => ({ tls: {} }), /lb\.tls: has neither certificates nor an authority.*tls: false/],
    [
      "a port the workload lacks",
      () => ({ routes: [{ name: "a", path: "/", to: { ref: backend, port: "grpc" } }] }),
      /lb\.routes\[0\]\.to\.port: "backend" has no port "grpc" \(http, metrics\)/,
    ],
    [
      "what Traefik cannot do",
      () => ({ routes: [{ ...api, strategy: "least-connections" as const }] }),
      /lb\.routes\[0\]\.strategy: Traefik cannot/,
    ],
    ["an option that is the nginx balancer's alone", () => ({ onChange: "reload" }) as object, /lb\.onChange: Traefik has nothing like it/],
    ["a dashboard for everybody", () => ({ dashboard: { access: {} } }), /lb\.dashboard\.access\.basicAuth: is missing/],
  ];
  for (const [what, options, message] of refused) {
    it(`refuses ${what} before anything is created`, () => {
      assert.throws(() => create(options()), message);
      assert.equal(platform.runs.length, 0);
      assert.equal(platform.secrets.length, 0);
    });
  }

  it("hands on what the platform cannot do", () => {
    platform.refused = [{ path: "traefik.x", message: "cannot", fix: "do not" }];
    assert.throws(() => create(), /traefik\.x: cannot/);
    assert.equal(platform.runs.length, 0);
  });
});
