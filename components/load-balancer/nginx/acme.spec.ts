import assert from "node:assert/strict";
import { declaredRef, recordResources, valueOf } from "../../platform/testing/mocks";
import type { RecordingPlatform } from "../../platform/testing/recording";
import { onlyPorts } from "../../workload";
import type { AcmeOptions } from "../acme";
import type { NginxLoadBalancerOptions } from "./options";

const ACME: AcmeOptions = { image: "testbro/acme:1", email: "ops@example.org" };

let balancer: typeof import("./balancer");
let certificates: typeof import("../../certificates");
let Recording: typeof RecordingPlatform;

const frontend = declaredRef("frontend", { http: 3000 });
const prometheus = declaredRef("prometheus", { http: 9090 });

describe("NginxLoadBalancer with certificates from an ACME authority", () => {
  before(async () => {
    await recordResources();
    balancer = await import("./balancer.js");
    certificates = await import("../../certificates/index.js");
    Recording = (await import("../../platform/testing/recording.js")).RecordingPlatform;
  });

  let platform: RecordingPlatform;
  beforeEach(() => (platform = new Recording()));

  function create(acme: Partial<AcmeOptions> = {}, options: Partial<NginxLoadBalancerOptions> = {}) {
    return new balancer.NginxLoadBalancer("nginx", {
      platform,
      image: "testbro/nginx:1",
      hosts: ["app.example.org", "192.0.2.1"],
      tls: { authority: new certificates.OwnCertificateAuthority("ca-acme"), acme: { ...ACME, ...acme } },
      onChange: "reload",
      scraper: prometheus,
      routes: [
        { name: "app", path: "/", to: frontend },
        { name: "monitoring", path: "/", hosts: ["monitoring.example.org"], to: prometheus },
      ],
      ...options,
    });
  }

  it("a service gets a certificate for each site, and the balancer lays them over the own authority's", async () => {
    const lb = create();
    const acme = platform.workload("nginx-acme");
    assert.equal(acme.kind, "stateful");
    assert.equal(acme.env?.["ACME_CERTIFICATES"], "app.example.org monitoring.example.org");
    assert.equal(acme.env["ACME_DIRECTORY"], "https://acme-v02.api.letsencrypt.org/directory");
    assert.equal(acme.env["ACME_BALANCER"], "http://testbro-nginx:8080");
    assert.deepEqual(acme.outside, [{ ports: [443] }]);
    assert.deepEqual(acme.connects, [onlyPorts(lb.ref, ["http"])]);
    assert.deepEqual(Object.keys(acme.secrets ?? {}), ["/run/secrets/bundle-tls.key"]);

    const bundle = platform.workload("nginx-bundle");
    const own = await valueOf(lb.certificate?.certificatePem ?? "");
    for (const host of ["app.example.org", "monitoring.example.org"]) {
      assert.equal(await valueOf(bundle.files?.[`/etc/nginx/bundle/acme-${host}.pem`]?.content ?? ""), own);
      assert.ok(bundle.secrets?.[`/run/secrets/bundle/acme-${host}.key`]);
    }
    const text = await valueOf(lb.configuration);
    assert.match(text, /ssl_certificate \/@bundle@\/acme-app\.example\.org\.pem;/);
    assert.match(text, /ssl_certificate_key \/@bundle@\/acme-monitoring\.example\.org\.key;/);
    assert.match(text, /ssl_certificate \/@bundle@\/tls-0\.pem;/, "clients that name the address get the own authority's");
    assert.match(text, /set \$acme testbro-nginx-acme:8402;/);
    assert.match(text, /ssl_stapling off;/, "Let's Encrypt names no responder");

    const workload = platform.workload("nginx");
    assert.equal(workload.env?.["NGINX_OVERLAY"], "https://testbro-nginx-acme:8444");
    assert.deepEqual(
      workload.connects?.map(({ name, ports }) => [name, Object.keys(ports)]),
      [
        ["frontend", ["http"]],
        ["prometheus", ["http"]],
        ["nginx-bundle", ["bundle"]],
        ["nginx-acme", ["challenge", "offer"]],
      ],
    );
    assert.equal(workload.health.live.startPeriod, 30, "it waits for the certificates before nginx starts");
    assert.deepEqual(platform.recorded("nginx").opts?.dependsOn, [lb.bundle, lb.acme?.resource]);
    assert.deepEqual(
      lb.targets.map((target) => [target.ref.name, target.port, target.minimum]),
      [
        ["nginx", "status", 1],
        ["nginx-acme", "status", 1],
      ],
    );
  });

  it("by DNS, credentials are secret files, and nothing answers challenges", async () => {
    const lb = create({
      directory: "https://acme.example.net:14000/dir",
      directoryCa: "PEM",
      challenge: {
        dns: { provider: "cloudflare", secrets: { CLOUDFLARE_DNS_API_TOKEN: "token" }, env: { CLOUDFLARE_TTL: "120" }, wait: 30 },
      },
      keyType: "rsa2048",
      renewDaysBefore: 20,
    });
    const { env, secrets, files, outside, connects } = platform.workload("nginx-acme");
    assert.equal(env?.["ACME_CHALLENGE"], "cloudflare");
    assert.equal(env["CLOUDFLARE_DNS_API_TOKEN_FILE"], "/run/secrets/acme/CLOUDFLARE_DNS_API_TOKEN");
    assert.equal(env["CLOUDFLARE_DNS_API_TOKEN"], undefined);
    assert.deepEqual(
      [env["CLOUDFLARE_TTL"], env["ACME_DNS_WAIT"], env["ACME_KEY_TYPE"], env["ACME_RENEW_DAYS"]],
      ["120", "30", "rsa2048", "20"],
    );
    const token = secrets?.["/run/secrets/acme/CLOUDFLARE_DNS_API_TOKEN"];
    assert.equal(token?.name, "nginx-acme-cloudflare-dns-api-token");
    assert.equal(await valueOf(platform.secrets.find((each) => each === token)?.data ?? ""), "token");
    assert.equal(env["LEGO_CA_CERTIFICATES"], "/etc/acme/directory-ca.pem");
    assert.equal(await valueOf(files?.["/etc/acme/directory-ca.pem"]?.content ?? ""), "PEM");
    assert.deepEqual(outside, [{ ports: [14000, 443, 53] }]);
    assert.equal(connects, undefined);
    assert.doesNotMatch(await valueOf(lb.configuration), /acme-challenge/);
  });

  const refused: [string, Partial<NginxLoadBalancerOptions>, RegExp][] = [
    [
      "a balancer that would be replaced for each certificate",
      { onChange: "roll" },
      /nginx\.onChange: "roll" does not go with tls\.acme.*Fix: write onChange: "reload"/,
    ],
    [
      "nothing to serve with until it has a certificate, and two answers to challenges",
      { acme: { to: frontend }, tls: { acme: ACME } },
      /nginx\.tls\.authority: is missing[^]*nginx\.acme: is there beside tls\.acme/,
    ],
    [
      "localhost, with every other problem of it",
      { hosts: ["localhost"], ports: { http: false }, tls: { acme: { ...ACME, email: "x" } } },
      /tls\.acme\.email: "x"[^]*tls\.acme\.hosts: "localhost"[^]*tls\.acme\.challenge: http-01/,
    ],
  ];
  for (const [what, options, message] of refused) {
    it(`refuses ${what} before anything is created`, () => {
      assert.throws(() => create({}, options), message);
      assert.equal(platform.runs.length, 0);
      assert.equal(platform.secrets.length, 0);
    });
  }
});
