import assert from "node:assert/strict";
import type { Workload } from "../../workload";
import type { KubernetesPlatformArgs } from ".";
import { kubeletMetrics } from "./nodes";
import { settingsOf } from "./settings";
import { assertSnapshot, withKubernetes } from "./snapshots.fixture";

const RESOURCES: Workload["resources"] = { limits: { cpu: "100m", memory: "64Mi" }, reservations: { cpu: "10m", memory: "32Mi" } };
const SCRAPER: Workload = {
  kind: "stateful",
  image: "example/scraper@sha256:1",
  health: { live: { exec: ["true"] } },
  resources: RESOURCES,
  scale: { replicas: 1 },
  security: { user: { uid: 10090, gid: 10090 } },
  scrapesNodes: [10250, 9100],
};
const OBSERVER: Workload = {
  ...SCRAPER,
  kind: "daemon",
  args: ["--listen=[$(NODE_ADDRESS)]:9100"],
  ports: [{ name: "metrics", container: 9100 }],
  observesNode: true,
  update: { order: "stop-first" },
  scrapesNodes: [],
};
const CLUSTER: KubernetesPlatformArgs = { namespace: "testbro-production" };

describe("nodes of a KubernetesPlatform", function () {
  this.timeout(20_000);
  const made = withKubernetes();

  async function watched(settings: KubernetesPlatformArgs): Promise<void> {
    made.recorded = [];
    const platform = new made.kubernetes.KubernetesPlatform("testbro", { ...CLUSTER, ...settings });
    const on = platform.nodes?.platform ?? assert.fail("no nodes");
    platform.run(platform.declare("scraper", { segment: "monitoring" }), SCRAPER);
    on.run(on.declare("observer", { ports: { metrics: 9100 }, segment: "monitoring" }), OBSERVER);
    await made.pulumi.runtime.disconnect();
  }
  const of = (kind: string) => made.recorded.filter(({ type }) => type.endsWith(`:${kind}`));

  it("render as their snapshot: a namespace of their own, one right, and a way to the nodes alone", async () => {
    await watched({ nodes: { cidrs: ["192.0.2.0/24"] } });
    assertSnapshot("nodes", made.recorded);
  });

  it("are seen by a pod that is privileged in nothing else", async () => {
    await watched({ nodes: {} });
    const { spec } = of("DaemonSet")[0]?.inputs.spec.template ?? assert.fail();
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.deepEqual([spec.hostPID, spec.hostIPC, spec.automountServiceAccountToken], [undefined, undefined, false]);
    const [container] = spec.containers;
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.deepEqual(
      container.volumeMounts.map(({ mountPath, readOnly }: { mountPath: string; readOnly: boolean }) => [mountPath, readOnly]),
      [
        ["/host", true],
        ["/host/run", true],
      ],
    );
  });

  it("are reached in private ranges where nobody says more, on the ports that are scraped", async () => {
    await watched({ nodes: {} });
    const policy = of("NetworkPolicy").find(({ name }) => name === "testbro-scraper") ?? assert.fail();
    const [way] = policy.inputs.spec.egress;
    assert.ok(way.to.every(({ ipBlock }: { ipBlock: { cidr: string } }) => ipBlock.cidr !== "0.0.0.0/0"));
    assert.deepEqual(
      way.ports.map(({ port }: { port: number }) => port),
      [9100, 10250],
    );
  });

  it("leave nothing while the platform is suspended, and none are there unless asked for", async () => {
    await watched({ nodes: {}, suspended: true });
    assert.deepEqual(
      of("Namespace").map(({ name }) => name),
      ["testbro-production"],
    );
    assert.deepEqual([...of("DaemonSet"), ...of("ClusterRole")], []);
    assert.equal(new made.kubernetes.KubernetesPlatform("testbro", CLUSTER).nodes, undefined);
  });

  it("are not looked into, nor scraped, on a platform that is not made for it", () => {
    const platform = new made.kubernetes.KubernetesPlatform("testbro", CLUSTER);
    const observer = platform.declare("observer", { ports: { metrics: 9100 }, segment: "monitoring" });
    assert.throws(() => platform.run(observer, OBSERVER), /observer\.observesNode: Pod Security "restricted" refuses.*Fix: /);
    assert.throws(
      () => platform.run(platform.declare("scraper", { segment: "monitoring" }), SCRAPER),
      /scraper\.scrapesNodes: .*Fix: give the platform nodes/,
    );
  });

  it("are the only reason to be in their namespace", () => {
    const on = new made.kubernetes.KubernetesPlatform("testbro", { ...CLUSTER, nodes: {} }).nodes?.platform ?? assert.fail();
    const ref = on.declare("observer", { ports: { metrics: 9100 }, segment: "monitoring" });
    assert.throws(() => on.run(ref, { ...OBSERVER, observesNode: false }), /observer\.observesNode: .*privileged for that alone.*Fix: /);
  });

  it("have one port for one pod: a new one comes after the old one", () => {
    const on = new made.kubernetes.KubernetesPlatform("testbro", { ...CLUSTER, nodes: {} }).nodes?.platform ?? assert.fail();
    const observer = on.declare("observer", { ports: { metrics: 9100 }, segment: "monitoring" });
    assert.throws(() => on.run(observer, { ...OBSERVER, update: {} }), /observer\.update\.order: .*Fix: write "stop-first"/);
  });

  it("refuse bad settings, all at once with the fix", () => {
    const nodes = { namespace: "testbro-production", port: 10250, cidrs: ["10.0.0.0"] };
    assert.throws(
      () => new made.kubernetes.KubernetesPlatform("testbro", { ...CLUSTER, nodes }),
      (error: Error) =>
        [
          /nodes\.namespace: "testbro-production" is the platform's own.*Fix: /,
          /nodes\.port: 10250 is not a port.*Fix: /,
          /nodes\.cidrs: "10\.0\.0\.0" is not.*Fix: /,
        ].every((pattern) => pattern.test(error.message)) || assert.fail(error.message),
    );
    assert.throws(
      () => new made.kubernetes.KubernetesPlatform("testbro", { ...CLUSTER, nodes: { namespace: "kube-system" } }),
      /nodes\.namespace/,
    );
  });
});

/** One step of Prometheus' relabelling, in the forms used by {@link kubeletMetrics}. */
interface Step {
  source_labels?: string[];
  regex: string;
  target_label?: string;
  replacement?: string;
  action?: "keep" | "labeldrop";
}
type Labels = Record<string, string>;

/** What Prometheus makes of a series (documentation of `relabel_config`): regular expressions match whole values. */
function relabelled(labels: Labels, steps: readonly Step[]): Labels | undefined {
  let current = labels;
  for (const { source_labels: sources = [], regex, target_label: target, replacement = "$1", action } of steps) {
    const pattern = new RegExp(`^(?:${regex})$`);
    const value = sources.map((name) => current[name] ?? "").join(";");
    if (action === "labeldrop") current = Object.fromEntries(Object.entries(current).filter(([name]) => !pattern.test(name)));
    else if (action === "keep") {
      if (!pattern.test(value)) return undefined;
    } else if (target !== undefined && pattern.test(value)) current = { ...current, [target]: value.replace(pattern, replacement) };
  }
  return current;
}

describe("kubeletMetrics", () => {
  const pages = kubeletMetrics(settingsOf("testbro", { ...CLUSTER, nodes: {} }));
  const steps = (name: string) => (pages.find((page) => page.name === name)?.scrape["metric_relabel_configs"] ?? assert.fail()) as Step[];
  const own = { namespace: "testbro-production", pod: "testbro-backend-7d9f9c8b5-x2x4z", container: "backend" };
  const series = (name: string, more: Labels = {}): Labels => ({ __name__: name, ...own, ...more });
  const cgroup = { id: "/kubepods/pod1/abc", name: "abc", image: "example/backend" };
  const labels = { service: "testbro-backend", container: "testbro-backend-7d9f9c8b5-x2x4z" };

  it("gives what is used the labels that it has on a Swarm", () => {
    const name = "container_memory_working_set_bytes";
    assert.deepEqual(relabelled(series(name), steps("kubelet")), { __name__: name, ...labels });
    assert.deepEqual(relabelled(series("container_spec_cpu_quota", cgroup), steps("kubelet-cadvisor")), {
      __name__: "container_spec_cpu_quota",
      ...labels,
    });
  });

  it("drops other namespaces, those with a longer name included, and whatever nobody reads", () => {
    for (const namespace of ["default", "testbro-production-2", "my-testbro-production", ""]) {
      assert.equal(relabelled(series("container_memory_working_set_bytes", { namespace }), steps("kubelet")), undefined, namespace);
      assert.equal(relabelled(series("container_spec_cpu_quota", { namespace }), steps("kubelet-cadvisor")), undefined, namespace);
      assert.equal(
        relabelled(series("container_network_receive_bytes_total", { namespace, container: "" }), steps("kubelet-cadvisor")),
        undefined,
      );
    }
    assert.equal(relabelled(series("container_swap_usage_bytes"), steps("kubelet")), undefined);
    assert.equal(relabelled({ __name__: "node_cpu_usage_seconds_total" }, steps("kubelet")), undefined);
    // From the runtime by way of the other page.
    assert.equal(relabelled(series("container_memory_working_set_bytes"), steps("kubelet-cadvisor")), undefined);
  });

  it("leaves out control groups around containers, and the node's bytes of what is in its network", () => {
    assert.equal(relabelled(series("container_spec_memory_limit_bytes", { container: "" }), steps("kubelet-cadvisor")), undefined);
    const observer = { namespace: "testbro-production-node", pod: "testbro-node-exporter-x2x4z" };
    const name = "container_network_receive_bytes_total";
    assert.equal(relabelled(series(name, { ...observer, container: "" }), steps("kubelet-cadvisor")), undefined);
    assert.deepEqual(
      relabelled(series("container_spec_cpu_quota", { ...observer, container: "node-exporter" }), steps("kubelet-cadvisor")),
      {
        __name__: "container_spec_cpu_quota",
        service: "testbro-node-exporter",
        container: "testbro-node-exporter-x2x4z",
      },
    );
  });

  for (const [pod, service] of [
    ["testbro-backend-7d9f9c8b5-x2x4z", "testbro-backend"],
    ["testbro-postgres-exporter-5bdf8d9fc4-zq9vb", "testbro-postgres-exporter"],
    ["testbro-postgres-0", "testbro-postgres"],
    ["testbro-agent-zq9vb", "testbro-agent"],
    ["testbro-nginx-bundle-64b8c7f5f4-2ndkl", "testbro-nginx-bundle"],
  ]) {
    it(`knows whose network it is: ${pod}`, () => {
      const name = "container_network_transmit_bytes_total";
      const found = relabelled(series(name, { ...cgroup, pod: pod ?? "", container: "", interface: "eth0" }), steps("kubelet-cadvisor"));
      assert.deepEqual(found, { __name__: name, service, container: pod, interface: "eth0" });
    });
  }

  it("verifies who answers by the cluster's authority, unless told otherwise", () => {
    const tls = (nodes: object) =>
      kubeletMetrics(settingsOf("testbro", { ...CLUSTER, nodes })).map(({ port, scrape }) => [
        port,
        scrape["scheme"],
        scrape["tls_config"],
      ]);
    const ca = { ca_file: "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt" };
    assert.deepEqual(tls({}), [
      [10250, "https", ca],
      [10250, "https", ca],
    ]);
    assert.deepEqual(tls({ verifyKubelets: false })[0], [10250, "https", { insecure_skip_verify: true }]);
  });
});
