import assert from "node:assert/strict";
import type { Workload } from "../../workload";
import type { KubernetesPlatformArgs } from ".";
import { examples } from "./examples.fixture";
import { assertSnapshot, type RecordedObject, withKubernetes } from "./snapshots.fixture";

/** Input trees are the provider's; the spec reads them by path. */
type Tree = any; // eslint-disable-line @typescript-eslint/no-explicit-any

const CLUSTER: KubernetesPlatformArgs = {
  namespace: "testbro-production",
  apiServer: { cidrs: ["10.96.0.1/32"] },
  autoscaling: { requestsPerSecond: { type: "Pods", name: "requests_per_second" }, queue: { type: "External", name: "jobs_waiting" } },
};

describe("KubernetesPlatform", function () {
  // Resources by the dozen; on a busy machine that takes a while.
  this.timeout(20_000);
  const made = withKubernetes();

  /** Runs one of the examples, changed, and waits until every resource is registered. */
  async function run(example: string, change: Partial<Workload> = {}, settings: KubernetesPlatformArgs = {}): Promise<RecordedObject[]> {
    made.recorded = [];
    const platform = new made.kubernetes.KubernetesPlatform("testbro", { ...CLUSTER, ...settings });
    const { ref, workload } = examples(platform)[example] ?? assert.fail(`no example ${example}`);
    platform.run(ref, { ...workload, ...change });
    await made.pulumi.runtime.disconnect();
    return made.recorded;
  }

  /** The inputs of the only resource of a kind, or of the one with a name. */
  function one(kind: string, name?: string): Tree {
    const found = made.recorded.filter((each) => each.type.endsWith(`:${kind}`) && (name === undefined || each.name === name));
    assert.equal(found.length, 1, `${kind} ${name ?? ""}: ${found.map((each) => each.name).join(", ")}`);
    return found[0]?.inputs;
  }

  const kinds = (): string[] => made.recorded.map(({ type }) => type.split(":").at(-1) ?? "");
  const pod = (kind: string): Tree => one(kind).spec.template.spec;

  for (const example of ["web", "store", "agent", "migration"]) {
    it(`renders the example "${example}" as its snapshot`, async () => {
      assertSnapshot(example, await run(example));
    });
  }

  it("enforces Pod Security and denies all traffic in a namespace of its own", async () => {
    await run("store");
    const { metadata } = one("Namespace");
    assert.equal(metadata.name, "testbro-production");
    assert.equal(metadata.labels["pod-security.kubernetes.io/enforce"], "restricted");
    assert.deepEqual(one("NetworkPolicy", "testbro-deny-all").spec, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });

  it("makes everything on its own provider's cluster, whoever the parent is", async () => {
    made.recorded = [];
    const { Provider } = await import("@pulumi/kubernetes");
    const provider = new Provider("chosen", { context: "chosen" });
    const platform = new made.kubernetes.KubernetesPlatform("testbro", CLUSTER, { provider });
    const tier = new made.pulumi.ComponentResource("test:index:Tier", "tier");
    const { ref, workload } = examples(platform)["store"] ?? assert.fail();
    const secrets = { "/run/secrets/x": platform.secret("x", "y", { parent: tier }) };
    platform.run(ref, { ...workload, secrets }, { parent: tier });
    await made.pulumi.runtime.disconnect();
    const others = made.recorded.filter((each) => each.type.startsWith("kubernetes:") && !/::chosen::/.test(each.provider ?? ""));
    assert.deepEqual(
      others.map(({ name }) => name),
      [],
    );
    assert.ok(made.recorded.some(({ type }) => type.endsWith(":StatefulSet")));
  });

  it("names every replica in DNS, completely, and tells nginx whom to ask", () => {
    const platform = new made.kubernetes.KubernetesPlatform("testbro", { ...CLUSTER, dns: { clusterDomain: "k8s.example" } });
    assert.equal(platform.declare("web", { segment: "edge" }).host, "testbro-web.testbro-production.svc.k8s.example");
    assert.deepEqual(platform.resolvers, ["kube-dns.kube-system.svc.k8s.example"]);
  });

  it("has a headless Service that nobody waits for, and one for the outside that comes after the pods", async () => {
    await run("web");
    const { metadata, spec } = one("Service", "testbro-web");
    assert.equal(spec.clusterIP, "None");
    assert.equal(spec.publishNotReadyAddresses, false);
    assert.equal(metadata.annotations["pulumi.com/skipAwait"], "true");
    const outside = one("Service", "testbro-web-public");
    assert.deepEqual(outside.spec.ports, [{ name: "http", port: 443, targetPort: 8000, protocol: "TCP" }]);
    assert.deepEqual([outside.spec.type, outside.spec.externalTrafficPolicy], ["LoadBalancer", "Local"]);
  });

  it("publishes on every node where asked to", async () => {
    await run(
      "web",
      {
        ports: [
          { name: "http", container: 8000, publish: { port: 30443 } },
          { name: "metrics", container: 9464 },
        ],
      },
      { publish: { type: "NodePort" } },
    );
    assert.equal(one("Service", "testbro-web-public").spec.ports[0].nodePort, 30443);
  });

  it("leaves the number of replicas to the HorizontalPodAutoscaler", async () => {
    await run("web");
    assert.ok(!("replicas" in one("Deployment").spec));
    const { minReplicas, maxReplicas, metrics, scaleTargetRef } = one("HorizontalPodAutoscaler").spec;
    assert.deepEqual([minReplicas, maxReplicas, scaleTargetRef.name], [3, 10, "testbro-web"]);
    assert.deepEqual(
      metrics.map((metric: Tree) => [
        metric.type,
        metric.resource?.target.averageUtilization ?? (metric.pods ?? metric.external).target.averageValue,
      ]),
      [
        ["Resource", 70],
        ["Resource", 80],
        ["Pods", "50"],
        ["External", "2500m"],
      ],
    );
  });

  it("protects several replicas from leaving at once, and never a single one, which could not leave at all", async () => {
    await run("web");
    assert.equal(one("PodDisruptionBudget").spec.maxUnavailable, 1);
    await run("web", { scale: { replicas: 1 } });
    assert.ok(!kinds().includes("PodDisruptionBudget"));
    assert.equal(one("Deployment").spec.replicas, 1);
  });

  it("gives files whose change replaces the pods a new name each time, and those that change in place a fixed one", async () => {
    await run("web");
    const rolled = one("ConfigMap", "testbro-web-files");
    assert.deepEqual([rolled.metadata.name, rolled.immutable, rolled.data], [undefined, true, { "etc-web-app.conf": "a = 1\n" }]);
    const reloaded = one("ConfigMap", "testbro-web-reload-0");
    assert.deepEqual(
      [reloaded.metadata.name, reloaded.immutable, reloaded.data],
      ["testbro-web-reload-0", undefined, { "routes.conf": "/ -> app\n" }],
    );
    const { volumeMounts } = pod("Deployment").containers[0];
    assert.deepEqual(
      volumeMounts.map((mount: Tree) => [mount.mountPath, mount.subPath]),
      [
        ["/etc/web/app.conf", "etc-web-app.conf"],
        ["/etc/routes", undefined],
        ["/run/secrets/password", "run-secrets-password"],
        ["/tmp", undefined],
      ],
    );
  });

  it("delivers secrets as files of the process's group, out of objects that are never changed", async () => {
    await run("web");
    const secret = one("Secret");
    assert.deepEqual([secret.metadata.name, secret.immutable], [undefined, true]);
    assert.ok(!JSON.stringify(one("Deployment")).includes("hidden"));
    const { projected } = pod("Deployment").volumes.find((volume: Tree) => volume.name === "secrets");
    assert.equal(projected.defaultMode, 0o440);
    assert.equal(projected.sources[0].secret.name, "testbro-password-auto");
  });

  it("gives no token and no role unless the workload asks, and then exactly what it asks for", async () => {
    await run("store");
    assert.equal(one("ServiceAccount").automountServiceAccountToken, false);
    assert.equal(pod("StatefulSet").automountServiceAccountToken, false);
    assert.ok(!kinds().includes("Role"));
    await run("web");
    assert.equal(pod("Deployment").automountServiceAccountToken, true);
    assert.deepEqual(one("Role").rules, [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }]);
    assert.deepEqual(one("RoleBinding").roleRef.name, "testbro-web");
  });

  it("lets a replica serve on until DNS has forgotten it, within the time it has to stop", async () => {
    await run("web", {}, { dns: { ttl: 5 }, publish: { drain: 3 } });
    assert.equal(pod("Deployment").containers[0].lifecycle.preStop.sleep.seconds, 7);
    assert.equal(pod("Deployment").terminationGracePeriodSeconds, 37);
    await run("store");
    assert.ok(!("lifecycle" in pod("StatefulSet").containers[0]));
  });

  it("updates start-first without ever having fewer, and stop-first where asked to", async () => {
    await run("web");
    assert.deepEqual(one("Deployment").spec.strategy.rollingUpdate, { maxSurge: 2, maxUnavailable: 0 });
    assert.equal(one("Deployment").spec.minReadySeconds, 10);
    await run("web", { update: { order: "stop-first" } });
    assert.deepEqual(one("Deployment").spec.strategy.rollingUpdate, { maxSurge: 0, maxUnavailable: 1 });
  });

  it("believes a new replica of a service only after it was ready for a while", async () => {
    const settling = async (update: Workload["update"]) => {
      await run("web", { update });
      return one("Deployment").spec.minReadySeconds as number;
    };
    assert.deepEqual([await settling({}), await settling({ monitor: 26 }), await settling({ delay: 30 })], [10, 26, 30]);
    assert.ok(one("Deployment").spec.progressDeadlineSeconds > 30);
  });

  it("is slower to restart a replica than to send it nothing, also where one question serves for both", async () => {
    await run("store");
    const store = pod("StatefulSet").containers[0];
    assert.ok(store.livenessProbe.failureThreshold >= 2 * store.readinessProbe.failureThreshold);
    assert.ok(store.startupProbe.failureThreshold * store.startupProbe.periodSeconds >= 600);
    await run("web");
    const web = pod("Deployment").containers[0];
    for (const probe of [web.livenessProbe, web.readinessProbe, web.startupProbe]) assert.ok(probe.periodSeconds >= probe.timeoutSeconds);
    assert.equal(web.readinessProbe.httpGet.path, "/ready");
  });

  it("keeps a StatefulSet's volumes unless they may go", async () => {
    await run("store");
    assert.equal(one("StatefulSet").spec.persistentVolumeClaimRetentionPolicy.whenDeleted, "Retain");
    await run("store", { volumes: [{ name: "data", path: "/data", retain: false }] }, { storage: { className: "fast" } });
    const { spec } = one("StatefulSet");
    assert.equal(spec.persistentVolumeClaimRetentionPolicy.whenDeleted, "Delete");
    assert.equal(spec.volumeClaimTemplates[0].spec.storageClassName, "fast");
  });

  it("keeps only namespace and claims while suspended", async () => {
    await run(
      "web",
      { scale: { replicas: 1 }, update: { order: "stop-first" }, volumes: [{ name: "data", path: "/data" }] },
      { suspended: true },
    );
    assert.deepEqual(
      kinds()
        .filter((kind) => !["Platform", "Workload"].includes(kind))
        .sort(),
      ["Namespace", "PersistentVolumeClaim", "ResourceQuota"],
    );
  });

  it("lets a transform change any child, and tells it which", async () => {
    const seen: string[] = [];
    await run(
      "web",
      {},
      {
        transforms: {
          deployment: (args, { workload }) => ({ ...args, metadata: { annotations: { of: workload ?? "" } } }),
          networkPolicy: (args, { name }) => {
            seen.push(name);
            return args;
          },
        },
      },
    );
    assert.deepEqual(one("Deployment").metadata.annotations, { of: "web" });
    assert.deepEqual(seen.sort(), ["testbro-allow-dns", "testbro-deny-all", "testbro-web", "testbro-web-to-store"]);
  });

  const refused: [string, string, Partial<Workload>, RegExp, KubernetesPlatformArgs?][] = [
    [
      "a process limit",
      "store",
      { resources: { limits: { cpu: 1, memory: "1Gi", pids: 9 }, reservations: { cpu: 1, memory: "1Gi" } } },
      /store\.resources\.limits\.pids/,
    ],
    ["a capability", "store", { security: { user: { uid: 1, gid: 1 }, capabilities: ["NET_ADMIN"] } }, /refuses NET_ADMIN/],
    ["labels of a Swarm's service", "web", { labels: { "traefik.enable": "true" } }, /web\.labels: are a Swarm service's/],
    ["a socket of the node", "store", { hostSockets: { "/a": "/b" } }, /store\.hostSockets/],
    ["permissions without a way to the API server", "web", {}, /web\.access: the way to the API server/, { apiServer: undefined }],
    ["permissions on everything", "web", { access: [{ resources: ["*"], verbs: ["get"] }] }, /web\.access\[0\]\.resources/],
    ["latency as a target", "web", { scale: { min: 1, max: 2, latency: { quantile: 0.9, seconds: 1 } } }, /web\.scale\.latency/],
    ["a request rate that nobody measures", "web", {}, /web\.scale\.requestsPerSecond: no metrics adapter/, { autoscaling: {} }],
    ["updates that go on after a failure", "web", { update: { failure: "continue" } }, /web\.update\.failure/],
    ["a start-first StatefulSet", "store", { update: { order: "start-first" } }, /store\.update\.order/],
    ["several StatefulSet replicas at once", "store", { update: { parallelism: 2 } }, /store\.update\.parallelism/],
    ["a volume shared by several replicas", "web", { volumes: [{ name: "data", path: "/data" }] }, /web\.volumes: several replicas/],
    ["a volume on every node", "agent", { volumes: [{ name: "data", path: "/data" }] }, /agent\.volumes: replicas on every node/],
    ["a volume's name", "store", { volumes: [{ name: "Data", path: "/data" }] }, /store\.volumes\.Data: "Data" is not a name/],
    [
      "files that change in place beside others",
      "store",
      { files: { "/etc/a/one": { content: "", onChange: "reload" }, "/etc/a/two": { content: "" } } },
      /files of \/etc\/a that change in place share/,
    ],
    [
      "a port's name",
      "store",
      {
        ports: [
          { name: "much-too-long-a-name", container: 1 },
          { name: "sql", container: 5432 },
        ],
      },
      /"much-too-long-a-name" is not a port name/,
    ],
    [
      "a low port of every node",
      "web",
      {},
      /web\.ports\.http\.publish\.port: 443 cannot be a port of every node/,
      { publish: { type: "NodePort" } },
    ],
    ["a name with no room for pods", "store", {}, /has 5\d characters; a stateful workload may have 52/, { prefix: "p".repeat(48) }],
  ];
  for (const [what, example, change, message, settings] of refused) {
    it(`refuses ${what}, by name and with the fix`, () => {
      const platform = new made.kubernetes.KubernetesPlatform("testbro", { ...CLUSTER, ...settings });
      const { ref, workload } = examples(platform)[example] ?? assert.fail(example);
      assert.throws(
        () => platform.run(ref, { ...workload, ...change }),
        (error: Error) => message.test(error.message) && error.message.includes("Fix: "),
      );
    });
  }

  it("refuses settings, all problems at once", () => {
    const bad: KubernetesPlatformArgs = {
      namespace: "kube-system",
      dns: { ttl: -1, addresses: ["dns"], resolvers: [] },
      publish: { drain: 0.5 },
      apiServer: { cidrs: ["10.0.0.1"] },
      insideRanges: ["10.0.0.0/40"],
    };
    assert.throws(
      () => new made.kubernetes.KubernetesPlatform("testbro", bad),
      (error: Error) =>
        ["namespace", "dns.ttl", "dns.addresses", "dns.resolvers", "publish.drain", "apiServer.cidrs", "insideRanges"].every((path) =>
          error.message.includes(`testbro.${path}: `),
        ),
    );
  });

  it("refuses a secret of another platform", () => {
    const platform = new made.kubernetes.KubernetesPlatform("testbro", CLUSTER);
    const { ref, workload } = examples(platform)["store"] ?? assert.fail();
    assert.throws(() => platform.run(ref, { ...workload, secrets: { "/run/x": { name: "x" } } }), /secret "x" is of another platform/);
  });
});
