import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { CONFIG_KEYS, ConfigurationError, IMAGE_NAMES, readEnvironment } from "./environment";

const GOOD = {
  name: "testbro",
  platform: "swarm",
  size: "small",
  domain: "localhost",
  httpPort: 8080,
  httpsPort: 8443,
  acme: {},
  images: Object.fromEntries(IMAGE_NAMES.map((name) => [name, `example/${name}:1`])),
  backend: {},
  frontend: {},
  loadBalancer: "nginx",
  dashboardAddresses: [],
  balancer: {},
  postgres: {},
  redis: {},
  prometheus: {},
  alerting: {},
  kubernetes: {},
  autoscaler: {},
  engine: { socket: "/var/run/docker.sock", group: 999 },
  encryptedNetworks: true,
  monitoringAccess: "host",
  suspended: false,
  owner: "",
};

/** What a stack with Traefik sets. */
const TRAEFIK = { loadBalancer: "traefik", images: { ...GOOD.images, traefik: "example/traefik:1", discovery: "example/discovery:1" } };

/** What a stack on Kubernetes sets. */
const CLUSTER = { platform: "kubernetes", size: "large", monitoringAccess: "password", kubernetes: { context: "production" } };

/** The error's message for a configuration that has to be refused. */
function refusal(change: Record<string, unknown>): string {
  try {
    readEnvironment("testbro", { ...GOOD, ...change });
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: `accepted ${JSON.stringify(change)}` });
}

describe("readEnvironment", () => {
  it("fills in the size's preset", () => {
    const { backend, frontend } = readEnvironment("testbro", GOOD);
    assert.deepEqual(backend.scale, { min: 2, max: 5, cpu: 70, memory: 80 });
    assert.deepEqual(frontend.scale, { min: 2, max: 5, cpu: 60, memory: 70 });
    assert.equal(backend.version, "1");
  });

  it("takes Traefik in place of nginx, with who may see its dashboard", () => {
    const { loadBalancer, dashboardAddresses } = readEnvironment("testbro", {
      ...GOOD,
      ...TRAEFIK,
      dashboardAddresses: ["192.0.2.0/24", "::1"],
    });
    assert.deepEqual([loadBalancer, dashboardAddresses], ["traefik", ["192.0.2.0/24", "::1"]]);
  });

  it("takes Traefik on Kubernetes, where the engine's socket is nobody's", () => {
    const kubernetes = { ...CLUSTER.kubernetes, apiServer: { cidrs: ["10.96.0.1/32"] } };
    const { loadBalancer } = readEnvironment("testbro", { ...GOOD, ...CLUSTER, ...TRAEFIK, kubernetes, engine: { socket: "/s" } });
    assert.equal(loadBalancer, "traefik");
  });

  it("lays overrides over the preset, field by field", () => {
    const { backend } = readEnvironment("testbro", {
      ...GOOD,
      backend: { scale: { max: 9 }, resources: { limits: { cpu: "2" } }, version: "7" },
    });
    assert.deepEqual(backend.scale, { min: 2, max: 9, cpu: 70, memory: 80 });
    assert.equal(backend.resources.limits.cpu, "2");
    assert.equal(backend.resources.limits.memory, "384Mi");
    assert.equal(backend.version, "7");
  });

  it("is, at size large, what three zones and more than 10,000 users need", () => {
    const { backend, frontend, balancer, postgres } = readEnvironment("testbro", { ...GOOD, ...CLUSTER, postgres: { storage: "1Gi" } });
    assert.deepEqual(backend.scale, { min: 3, max: 10, cpu: 70, memory: 80 });
    assert.deepEqual(frontend.scale, { min: 3, max: 10, cpu: 70, memory: 80 });
    assert.equal(balancer.replicas, 3);
    assert.deepEqual([postgres.storage, postgres.resources?.limits?.memory], ["1Gi", "8Gi"]);
  });

  it("takes a version that the command line turned into a number", () => {
    const { backend } = readEnvironment("testbro", { ...GOOD, backend: { version: 2, env: { WORKERS: 4, VERBOSE: true } } });
    assert.equal(backend.version, "2");
    assert.deepEqual(backend.env, { WORKERS: "4", VERBOSE: "true" });
  });

  it("takes a share that the command line left as text, and nothing else that is text", () => {
    const given = (errorRatio: unknown) => ({ ...GOOD, prometheus: { thresholds: { errorRatio } } });
    assert.equal(readEnvironment("testbro", given("0.125")).prometheus.thresholds?.errorRatio, 0.125);
    for (const wrong of ["much", "", "-0.5", "1.5.2"]) {
      assert.throws(() => readEnvironment("testbro", given(wrong)), /prometheus\.thresholds\.errorRatio: "/);
    }
  });

  it("takes a fixed number of replicas instead of bounds", () => {
    assert.deepEqual(readEnvironment("testbro", { ...GOOD, backend: { scale: { replicas: 3 } } }).backend.scale, { replicas: 3 });
  });

  const refused: [string, Record<string, unknown>, RegExp[]][] = [
    [
      "a metrics adapter that does not know the API server, or has another beside it",
      {
        ...CLUSTER,
        images: { ...GOOD.images, "metrics-adapter": "a:1" },
        kubernetes: { context: "x", requestsMetric: { type: "Pods", name: "r" } },
      },
      [/testbro:kubernetes\.apiServer: is missing.*Fix: pulumi config set/, /testbro:kubernetes\.requestsMetric: is set beside.*Fix: /],
    ],
    [
      "a metrics adapter on a Swarm",
      { images: { ...GOOD.images, "metrics-adapter": "a:1" } },
      [/testbro:images\.metrics-adapter: is set, but the platform is swarm.*Fix: remove it/],
    ],
    ["an unknown key", { colour: "red" }, [/^testbro:colour: not a configuration key\. Fix: .*httpPort/]],
    ["an unknown key of a tier", { backend: { replicaz: 2 } }, [/^testbro:backend\.replicaz: not a configuration key\. Fix: .*scale/]],
    ["a missing key", { domain: undefined }, [/^testbro:domain: is missing\. Fix: set it in Pulumi/]],
    ["a missing image", { images: { ...GOOD.images, redis: undefined } }, [/^testbro:images\.redis: is missing/]],
    ["min above max", { backend: { scale: { min: 9 } } }, [/^testbro:backend\.scale\.min: 9 is above max 5\. Fix:/]],
    [
      "a zero limit",
      { backend: { resources: { limits: { cpu: "0" } } } },
      [/^testbro:backend\.resources\.limits\.cpu: "0": 0 is zero/, /Fix:/],
    ],
    [
      "a limit that is no quantity",
      { frontend: { resources: { limits: { memory: "lots" } } } },
      [/testbro:frontend\.resources\.limits\.memory: "lots": .*not a byte quantity/],
    ],
    [
      "a reservation above the limit",
      { backend: { resources: { reservations: { memory: "1Gi" } } } },
      [/reservations\.memory: 1Gi is above the limit 384Mi/],
    ],
    ["an unknown balancer", { loadBalancer: "haproxy" }, [/^testbro:loadBalancer: "haproxy": /, /nginx.*traefik/]],
    [
      "Traefik without its images",
      { loadBalancer: "traefik" },
      [/^testbro:images\.traefik: is missing\. Fix: .*loadBalancer to nginx\./m, /^testbro:images\.discovery: is missing/m],
    ],
    [
      "Traefik without the socket's group",
      { ...TRAEFIK, engine: { socket: "/s" } },
      [/^testbro:engine\.group: is missing, and Traefik's/m],
    ],
    [
      "Traefik on a cluster whose API server nobody knows the way to",
      { ...CLUSTER, ...TRAEFIK },
      [/^testbro:kubernetes\.apiServer: is missing, and Traefik's discovery asks it.*Fix: pulumi config set --path/],
    ],
    [
      "an API server by its name",
      { ...CLUSTER, kubernetes: { ...CLUSTER.kubernetes, apiServer: { cidrs: ["kubernetes.default"] } } },
      [/^testbro:kubernetes\.apiServer\.cidrs\[0\]: "kubernetes\.default": write an address range/],
    ],
    [
      "a header Traefik does not look at",
      { ...TRAEFIK, balancer: { trustedProxies: { ranges: ["10.0.0.0/8"], header: "CF-Connecting-IP" } } },
      [/^testbro:balancer\.trustedProxies\.header: .*X-Forwarded-For alone, not from CF-Connecting-IP\. Fix:/],
    ],
    [
      "a dashboard for a name",
      { ...TRAEFIK, dashboardAddresses: ["home"] },
      [/^testbro:dashboardAddresses\[0\]: "home": write an address/],
    ],
    ["a dashboard of nginx", { dashboardAddresses: ["::1"] }, [/^testbro:dashboardAddresses: nginx has no dashboard.*Fix:/]],
    ["an unknown platform", { platform: "nomad" }, [/testbro:platform: "nomad"/, /swarm/]],
    ["a port that is none", { httpsPort: 99999 }, [/testbro:httpsPort: 99999/]],
    ["the same port twice", { httpPort: 8443 }, [/testbro:httpPort: 8443 is also httpsPort/]],
    ["a name too long for DNS", { name: "a".repeat(40) }, [/testbro:name/, /1 to 20 lower-case/]],
    [
      "an unknown key deep down",
      { backend: { resources: { limits: { mem: "1Gi" } } } },
      [/^testbro:backend\.resources\.limits\.mem: not a configuration key\. Fix: remove it, or write one of cpu, memory\./],
    ],
    ["a quantity that is neither text nor number", { backend: { resources: { limits: { cpu: true } } } }, [/cpu: true: not a quantity/]],
    ["a size that needs Kubernetes", { size: "large" }, [/^testbro:size: "large" is for Kubernetes\. Fix: .*platform to kubernetes\./]],
    ["a cluster without its platform", { kubernetes: { context: "x" } }, [/^testbro:kubernetes: is set, but the platform is swarm\. Fix:/]],
    [
      "Kubernetes without a context",
      { ...CLUSTER, kubernetes: {} },
      [/^testbro:kubernetes\.context: is missing, and the current context is never taken/, /Fix: pulumi config set/],
    ],
    [
      "the cluster's own namespace",
      { ...CLUSTER, kubernetes: { namespace: "kube-system" } },
      [/kubernetes\.namespace: "kube-system": is the cluster's own.*Fix:/],
    ],
    [
      "a namespace that is too long",
      { ...CLUSTER, kubernetes: { namespace: "n".repeat(64) } },
      [/kubernetes\.namespace: "n+": write at most 63/],
    ],
    [
      "a port no node can publish",
      { ...CLUSTER, kubernetes: { context: "x", publish: "NodePort" } },
      [/testbro:httpPort: 8080 cannot be a port of every node\. Fix:/, /30000 to 32767/],
    ],
    [
      "monitoring from a host that cannot be told apart",
      { ...CLUSTER, monitoringAccess: "host" },
      [/testbro:monitoringAccess: "host" cannot be told.*Fix: write password/],
    ],
    ["storage that is no quantity", { postgres: { storage: "lots" } }, [/^testbro:postgres\.storage: "lots": .*not a byte quantity.*Fix:/]],
    [
      "nodes nobody can be reached at, and an unknown word about them",
      { ...CLUSTER, kubernetes: { context: "x", nodes: { cidrs: ["node-1"], port: 0, verify: false } } },
      [
        /^testbro:kubernetes\.nodes\.cidrs\[0\]: "node-1": write an address range/m,
        /testbro:kubernetes\.nodes\.port: 0/,
        /testbro:kubernetes\.nodes\.verify: not a configuration key\. Fix: .*verifyKubelets/,
      ],
    ],
    [
      "an unknown key of the cluster",
      { ...CLUSTER, kubernetes: { contxt: "x" } },
      [/^testbro:kubernetes\.contxt: not a configuration key\. Fix: .*context/],
    ],
    [
      "an entrance without a certificate, or with two",
      { ...CLUSTER, kubernetes: { context: "x", entrance: { kind: "Ingress", className: "nginx" } } },
      [/^testbro:kubernetes\.entrance: \{.*write either issuer.*or secretName.*Fix:/],
    ],
    [
      "an entrance of an unknown kind",
      { ...CLUSTER, kubernetes: { context: "x", entrance: { kind: "Route", className: "nginx", secretName: "tls" } } },
      [/^testbro:kubernetes\.entrance\.kind: "Route": .*Ingress.*Gateway/],
    ],
    [
      "trusted proxies without ranges",
      { balancer: { trustedProxies: { ranges: [] } } },
      [/^testbro:balancer\.trustedProxies\.ranges: \[\]/],
    ],
    ["a pace of the auto-scaler that is none", { autoscaler: { checkInterval: 0 } }, [/testbro:autoscaler\.checkInterval: 0: /]],
    ["a socket that is no path", { engine: { socket: "docker.sock", group: 1 } }, [/testbro:engine\.socket: "docker\.sock"/]],
    [
      "a webhook that is no address, not repeating what may be a secret",
      { alerting: { webhooks: [{ url: "https//alerts.example.org/T0/token" }] } },
      [
        /^testbro:alerting\.webhooks\[0\]\.url: "https\/\/a…": write an http or https address.*Fix: .*'testbro:alerting\.webhooks\[0\]\.url'/,
      ],
    ],
    [
      "a receiver nobody knows",
      { alerting: { webhooks: [{ url: "https://x" }], routes: { critical: ["on-call"] } } },
      [/^testbro:alerting\.routes\.critical\[0\]: "on-call" is not a receiver\. Fix: write one of webhook-0\./],
    ],
    ["alerting that tells nobody", { alerting: { groupWait: 5 } }, [/^testbro:alerting: names no receiver.*Fix:/]],
    [
      "a receiver of no kind",
      { alerting: { pager: [] } },
      [/^testbro:alerting\.pager: not a configuration key\. Fix: .*slack, webhooks, email/],
    ],
    [
      "a rule that is not PromQL",
      { prometheus: { rules: [{ name: "own", rules: [{ record: "a:b", expr: "sum(x" }] }] } },
      [/^testbro:prometheus\.rules\[0\]\.rules\[0\]\.expr: "sum\(x" is not PromQL.*Fix:/],
    ],
    [
      "a rule that is none",
      { prometheus: { rules: [{ name: "own", rules: [{ alert: "A", expr: "x" }] }] } },
      [/^testbro:prometheus\.rules\[0\]\.rules\[0\]: .*not a rule; write \{ record, expr \} or/],
    ],
    [
      "a threshold in percent, and more kept than there is room for",
      { prometheus: { thresholds: { errorRatio: 5 }, retention: { size: "9Gi" } } },
      [
        /^testbro:prometheus\.retention\.size: 9Gi is more than 80%/m,
        /^testbro:prometheus\.thresholds\.errorRatio: 5 is not between 0 and 1/m,
      ],
    ],
    ["half a scale", { backend: { scale: { replicas: 2, max: 4 } } }, [/testbro:backend\.scale/, /replicas: N/]],
  ];
  for (const [what, change, messages] of refused) {
    it(`refuses ${what}, naming key, value and fix`, () => {
      const message = refusal(change);
      for (const expected of messages) assert.match(message, expected);
    });
  }

  it("runs the auto-scaler unless told otherwise, and wants the group of the engine's socket for it", () => {
    assert.deepEqual(readEnvironment("testbro", GOOD).autoscaler, { enabled: true, dryRun: false });
    const engine = { socket: "/var/run/docker.sock" };
    assert.match(refusal({ engine }), /testbro:engine\.group: is missing.*stat -c %g \/var\/run\/docker\.sock.*autoscaler\.enabled/);
    assert.equal(readEnvironment("testbro", { ...GOOD, engine, autoscaler: { enabled: false } }).autoscaler.enabled, false);
  });

  it("takes every way of telling people, and rules of the user", () => {
    const alerting = {
      slack: [{ name: "on-call", url: "https://hooks.example.org/T0/x", channel: "#alerts" }],
      webhooks: [{ url: "http://10.0.0.1:8080/alerts" }],
      email: [{ to: ["a@example.org"], from: "b@example.org", server: "smtp.example.org:587", user: "u", password: "p" }],
      routes: { critical: ["on-call", "email-0"], warning: ["webhook-0"] },
      groupWait: 5,
    };
    const prometheus = { runbooks: "https://example.org/runbooks", rules: [{ name: "own", rules: [{ record: "a:b", expr: "sum(x)" }] }] };
    const environment = readEnvironment("testbro", { ...GOOD, alerting, prometheus });
    assert.deepEqual([environment.alerting, environment.prometheus], [alerting, prometheus]);
  });

  it("has certificates of an ACME authority where it is told so, and checks all of it before anything is created", () => {
    const images = { ...GOOD.images, acme: "example/acme:1" };
    const acme = {
      email: "ops@testbro.org",
      challenge: { dns: { provider: "cloudflare", secrets: { CLOUDFLARE_DNS_API_TOKEN: "token" } } },
    };
    assert.deepEqual(readEnvironment("testbro", { ...GOOD, domain: "testbro.org", images, acme }).acme, acme);
    const message = refusal({ acme: { email: "ops", directory: "http://acme" } });
    assert.match(message, /^testbro:acme\.email: "ops" is not an address\. Fix: write one that is read/m);
    assert.match(message, /^testbro:acme\.directory: "http:\/\/acme" is not an https URL\. Fix: /m);
    assert.match(message, /^testbro:acme\.hosts: "localhost" is every machine's own name/m);
    assert.match(message, /^testbro:images\.acme: is missing\. Fix: .*or remove testbro:acme/m);
    const cluster = { ...CLUSTER.kubernetes, entrance: { kind: "Ingress", className: "nginx", secretName: "tls" } };
    assert.match(
      refusal({ ...CLUSTER, domain: "testbro.org", kubernetes: cluster, images, acme: { email: "ops@testbro.org" } }),
      /testbro:acme: no client would see its certificates behind testbro:kubernetes\.entrance.*Fix: remove one/,
    );
    assert.match(refusal({ acme: { challenge: "dns" } }), /testbro:acme\.challenge: "dns": not a challenge; write "http-01" or/);
    for (const challenge of [
      { provider: "x", token: "hidden" },
      { dns: { provider: [], secrets: { T: "hidden" } } },
      { dns: { provider: "x", secrets: { T: ["hidden"] } } },
    ]) {
      assert.doesNotMatch(refusal({ acme: { email: "a@b.org", challenge } }), /hidden/);
    }
  });

  it("names every wrong key at once", () => {
    const message = refusal({ httpPort: 0, size: "huge", colour: "red" });
    for (const key of ["testbro:httpPort", "testbro:size", "testbro:colour"]) assert.ok(message.includes(key), message);
  });

  it("refuses or accepts, but never throws anything else, whatever it is given", () => {
    fc.assert(
      fc.property(fc.constantFrom(...CONFIG_KEYS), fc.anything(), (key, value) => {
        try {
          readEnvironment("testbro", { ...GOOD, [key]: value });
        } catch (error) {
          assert.ok(error instanceof ConfigurationError, String(error));
          assert.match(error.message, /Fix:/);
        }
      }),
    );
  });

  it("accepts every pair of bounds in order, and no other", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), (min, max) => {
        const accepted = () => readEnvironment("testbro", { ...GOOD, backend: { scale: { min, max } } });
        if (min <= max) assert.deepEqual(accepted().backend.scale, { min, max, cpu: 70, memory: 80 });
        else assert.throws(accepted, ConfigurationError);
      }),
    );
  });

  it("knows the same keys as the project file's schema", () => {
    const project = parse(readFileSync(join(__dirname, "..", "..", "Pulumi.yaml"), "utf8")) as { config: Record<string, unknown> };
    assert.deepEqual(Object.keys(project.config).sort(), [...CONFIG_KEYS].sort());
  });
});
