import assert from "node:assert/strict";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { KubernetesPlatform } from "../../platform/kubernetes";
import { assertSnapshot, recordObjects, type RecordedObject } from "../../platform/kubernetes/snapshots.fixture";
import { valueOf } from "../../platform/testing/mocks";
import type { TraefikLoadBalancerOptions } from "./options";

const SNAPSHOTS = join(__dirname.replace(join("components", "dist"), "components"), "snapshots");

/** Namespace and name of what a balancer in these specs leads to. */
const NAMESPACE = "testbro-production";

describe("TraefikLoadBalancer on Kubernetes", function () {
  this.timeout(20_000);
  let recorded: RecordedObject[] = [];
  let kubernetes: typeof import("../../platform/kubernetes/index.js");
  let balancer: typeof import("./balancer.js");
  let certificates: typeof import("../../certificates/index.js");

  before(async () => {
    const made = (name: string) => ({
      privateKeyPemPkcs8: `key of ${name}`,
      certPem: `certificate of ${name}\n`,
      certRequestPem: `request of ${name}`,
    });
    await recordObjects(pulumi.runtime, (object) => recorded.push(object), made);
    kubernetes = await import("../../platform/kubernetes/index.js");
    balancer = await import("./balancer.js");
    certificates = await import("../../certificates/index.js");
  });
  beforeEach(() => {
    recorded = [];
  });

  function cluster(more: object = {}): KubernetesPlatform {
    return new kubernetes.KubernetesPlatform("testbro", { namespace: NAMESPACE, apiServer: { cidrs: ["10.96.0.1/32"] }, ...more });
  }

  function create(platform: KubernetesPlatform, options: Partial<TraefikLoadBalancerOptions> = {}) {
    const backend = platform.declare("backend", { ports: { http: 3001 }, segment: "edge" });
    const frontend = platform.declare("frontend", { ports: { http: 3000 }, segment: "edge" });
    const routes = [
      { name: "api", path: "/api/", to: backend, healthCheck: { path: "/health/ready" } },
      { name: "frontend", path: "/", to: frontend },
    ];
    return new balancer.TraefikLoadBalancer("lb", {
      platform,
      images: { traefik: "example/traefik@sha256:1", discovery: "example/discovery@sha256:2" },
      hosts: ["app.test"],
      tls: { authority: new certificates.OwnCertificateAuthority("ca") },
      discovered: balancer.TraefikLoadBalancer.discover(platform, routes),
      routes,
      scraper: platform.declare("prometheus", { ports: { http: 9090 }, segment: "monitoring" }),
      replicas: 3,
      ...options,
    });
  }

  const named = (kind: string, name: string) => {
    const found = recorded.find((each) => each.type.endsWith(`:${kind}`) && each.name === name);
    // Input trees are the provider's; the spec reads them by path.
    return (found ?? assert.fail(`no ${kind} ${name}`)).inputs as any; // eslint-disable-line @typescript-eslint/no-explicit-any
  };

  it("makes the objects of its snapshot: nothing of them for the whole cluster, none of a kind that has to be installed first", async () => {
    create(cluster());
    await pulumi.runtime.disconnect();
    const own = recorded.filter(({ name, type }) => /^testbro-(traefik|lb)/.test(name) && !type.endsWith(":Secret"));
    assertSnapshot("kubernetes", own, SNAPSHOTS);
    assert.ok(
      own.every(
        ({ type, inputs }) =>
          !type.startsWith("kubernetes:") || (inputs as { metadata: { namespace: string } }).metadata.namespace === NAMESPACE,
      ),
    );
  });

  it("lets the discovery list and watch endpoints of its namespace, and the balancer ask nothing", async () => {
    create(cluster());
    await pulumi.runtime.disconnect();
    assert.deepEqual(
      recorded.filter(({ type }) => /rbac/.test(type)).map(({ type, name }) => `${type.split(":").at(-1)} ${name}`),
      ["Role testbro-traefik-discovery", "RoleBinding testbro-traefik-discovery"],
    );
    const rules = [{ apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] }];
    assert.deepEqual(named("Role", "testbro-traefik-discovery").rules, rules);
    const pod = (name: string) => named("Deployment", name).spec.template.spec;
    assert.equal(pod("testbro-traefik-discovery").automountServiceAccountToken, true);
    assert.equal(pod("testbro-traefik").automountServiceAccountToken, false);
    const toApiServer = { to: [{ ipBlock: { cidr: "10.96.0.1/32" } }], ports: [443, 6443].map((port) => ({ protocol: "TCP", port })) };
    assert.deepEqual(named("NetworkPolicy", "testbro-traefik-discovery").spec.egress, [toApiServer]);
    assert.ok(!JSON.stringify(named("NetworkPolicy", "testbro-traefik").spec.egress).includes("ipBlock"));
  });

  it("sends a balancer no requests before it has its routes, and asks for replicas every second", async () => {
    const lb = create(cluster());
    await pulumi.runtime.disconnect();
    const [container] = named("Deployment", "testbro-traefik").spec.template.spec.containers;
    assert.equal(container.readinessProbe.httpGet.path, "/ready");
    assert.equal(container.livenessProbe.httpGet.path, "/ping");
    const { "etc-traefik-traefik.yml": text } = named("ConfigMap", "testbro-traefik-files").data;
    const { providers } = JSON.parse(text as string) as { providers: { http: object; swarm?: object } };
    assert.equal(providers.swarm, undefined);
    assert.deepEqual(providers.http, {
      endpoint: `https://testbro-traefik-discovery.${NAMESPACE}.svc.cluster.local:8445/configuration`,
      tls: {
        ca: "/etc/traefik/discovery/authority.pem",
        cert: "/etc/traefik/discovery/certificate.pem",
        key: "/run/secrets/discovery.key",
      },
      pollInterval: "1s",
      pollTimeout: "5s",
    });
    const { http } = JSON.parse(await valueOf(lb.configuration)) as { http: { services: Record<string, unknown> } };
    assert.deepEqual(Object.keys(http.services).sort(), ["api", "frontend", "unavailable"]);
  });

  it("fills in every workload's replicas, whether it was discovered or not", async () => {
    const platform = cluster();
    create(platform, { discovered: undefined as never });
    await pulumi.runtime.disconnect();
    const { "etc-discovery-replicas.json": text } = named("ConfigMap", "testbro-traefik-discovery-files").data;
    assert.deepEqual(JSON.parse(text as string), {
      api: { workload: "testbro-backend", port: 3001, scheme: "http" },
      frontend: { workload: "testbro-frontend", port: 3000, scheme: "http" },
    });
  });

  it("asks nobody for replicas where no route leads to a workload", async () => {
    create(cluster({ apiServer: undefined }), { routes: [{ name: "old", path: "/", to: { host: "192.0.2.1", port: 80 } }] });
    await pulumi.runtime.disconnect();
    assert.ok(!recorded.some(({ type }) => /rbac/.test(type)));
    assert.equal(named("Deployment", "testbro-traefik-discovery").spec.template.spec.automountServiceAccountToken, false);
  });

  it("refuses a cluster whose API server nobody knows the way to, before anything is created", () => {
    const platform = cluster({ apiServer: undefined });
    assert.throws(
      () => create(platform),
      /traefik-discovery\.access: the way to the API server would be closed.*Fix: give the platform apiServer/,
    );
    assert.ok(!recorded.some(({ name }) => name === "testbro-traefik"));
  });
});
