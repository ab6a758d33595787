import assert from "node:assert/strict";
import { chosenAll, describeDashboards, RECORDED, settingsOf } from "@testbro/components/observability";
import { eventually } from "../swarm/commands";
import { NAMESPACE, type Context } from "./context";
import { isReady, type Metadata, type Pod } from "./kubectl";

/** Namespace of what observes its node. */
const NODE_NAMESPACE = `${NAMESPACE}-node`;

/** A namespace of somebody else, whose containers the kubelets measure as well. */
const ELSEWHERE = "elsewhere";

/** What is known of every container. */
const OF_CONTAINERS = [
  "container_cpu_usage_seconds_total",
  "container_memory_working_set_bytes",
  "container_start_time_seconds",
  "container_spec_memory_limit_bytes",
  "container_spec_cpu_quota",
  RECORDED.containerCpu,
  RECORDED.containerMemory,
];

/** Labels of all that is known of containers, as on a Swarm. */
const LABELS = ["__name__", "container", "instance", "job", "node", "replica", "service", "tier", "workload"];

/** What Prometheus' account is asked to do, and whether it may. */
const ASKED: [allowed: "yes" | "no", ...question: string[]][] = [
  ["yes", "get", "nodes", "--subresource=metrics"],
  ["no", "create", "nodes", "--subresource=metrics"],
  ["no", "get", "nodes"],
  ["no", "list", "nodes"],
  ...["proxy", "stats", "log", "spec", "pods", "healthz", "configz"].map((part): ["no", ...string[]] => [
    "no",
    "get",
    "nodes",
    `--subresource=${part}`,
  ]),
  ["no", "list", "pods"],
  ["no", "list", "secrets"],
  ["no", "list", "configmaps"],
  ["no", "list", "endpointslices.discovery.k8s.io"],
];

interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

interface NodePod extends Pod {
  spec: Pod["spec"] & { hostNetwork?: boolean; hostPID?: boolean };
  status: Pod["status"] & { hostIP: string };
}

/** What Prometheus knows of containers, by the kubelets' word, and of nodes, by an exporter that sees its node. */
export function containerMetrics(context: Context): void {
  const query = async (expr: string) =>
    (await context.app.prometheus<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`)).result;
  const podsOf = (namespace: string) => context.kubectl.list<NodePod>("pods", `--namespace=${namespace}`);

  describe("measures", () => {
    before("somebody else has a container, too", async () => {
      const [backend] = await context.kubectl.ready("backend");
      const image = backend?.spec.containers[0]?.image ?? assert.fail("no backend");
      await context.kubectl.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: ELSEWHERE } });
      const command = ["--image-pull-policy=IfNotPresent", "--command", "--", "sleep", "3600"];
      await context.kubectl.must("run", "stray", `--namespace=${ELSEWHERE}`, `--image=${image}`, ...command);
    });

    after(() => context.kubectl.attempt("delete", "namespace", ELSEWHERE, "--wait=false"));

    it("every container against its limits, with the labels that it has on a Swarm", async () => {
      let known = 0;
      await eventually(
        150,
        async () => {
          const pods = [...(await podsOf(NAMESPACE)), ...(await podsOf(NODE_NAMESPACE))].filter(isReady);
          const expected = pods.map(
            ({ metadata, spec, status }) => `testbro-${spec.containers[0]?.name} ${metadata.name} ${status.hostIP}`,
          );
          for (const metric of OF_CONTAINERS) {
            const found = (await query(metric)).map(({ metric: { service, container, node } }) => `${service} ${container} ${node}`);
            assert.deepEqual(found.sort(), expected.sort(), metric);
          }
          known = expected.length;
        },
        5000,
      );
      for (const metric of OF_CONTAINERS.slice(0, 5)) {
        const labels = (await query(metric)).map((sample) => Object.keys(sample.metric).sort().join(" "));
        assert.deepEqual([...new Set(labels)], [LABELS.join(" ")], metric);
      }
      const limits = await query('container_spec_memory_limit_bytes{service="testbro-backend"}');
      assert.deepEqual([...new Set(limits.map(({ value }) => Number(value[1])))], [512 * 2 ** 20]);
      const shares = (await query(RECORDED.containerMemory)).map(({ value }) => Number(value[1]));
      assert.ok(
        shares.every((share) => share > 0 && share < 1),
        shares.join(" "),
      );
      console.log(`      ${known} containers, memory ${shares.map((share) => `${Math.round(100 * share)}%`).join(" ")} of the limit`);
    });

    it("the network of every pod of its own", async () => {
      await eventually(60, async () => {
        const pods = (await podsOf(NAMESPACE)).filter(isReady);
        const found = await query("sum by (service, container) (container_network_receive_bytes_total)");
        assert.deepEqual(
          found.map(({ metric: { service, container } }) => `${service} ${container}`).sort(),
          pods.map(({ metadata, spec }) => `testbro-${spec.containers[0]?.name} ${metadata.name}`).sort(),
        );
      });
    });

    it("no container of anybody else, though the kubelet does", async () => {
      const [node] = context.machine.nodes;
      await eventually(60, async () => {
        const all = await context.kubectl.must("get", "--raw", `/api/v1/nodes/${node?.name}/proxy/metrics/resource`);
        assert.match(all, new RegExp(`container_memory_working_set_bytes\\{.*namespace="${ELSEWHERE}"`));
      });
      // Two more readings.
      const read = Number((await query('min(timestamp(up{job="kubelet"}))'))[0]?.value[1]);
      await eventually(
        90,
        async () => assert.ok(Number((await query('min(timestamp(up{job="kubelet"}))'))[0]?.value[1]) > read + 25),
        5000,
      );
      assert.deepEqual(await query('{container="stray"} or {service=~".*stray"} or {namespace!=""} or {pod!=""}'), []);
    });

    it("nodes, as seen by what may look at them", async () => {
      const addresses = [...new Set((await podsOf(NODE_NAMESPACE)).map(({ status }) => status.hostIP))].sort();
      assert.equal(addresses.length, context.machine.nodes.length);
      for (const metric of [
        "node_memory_MemAvailable_bytes",
        "node_uname_info",
        'node_filesystem_size_bytes{mountpoint="/"}',
        RECORDED.nodeCpu,
        RECORDED.disk,
      ]) {
        const found = await query(metric);
        assert.deepEqual(found.map(({ metric: { replica } }) => replica).sort(), addresses, metric);
        assert.ok(
          found.every(({ metric: { tier, workload } }) => tier === "observability" && workload === "testbro-node-exporter"),
          metric,
        );
      }
      const links = await query("node_network_receive_bytes_total");
      assert.ok(links.length >= addresses.length, "no link of a node");
      assert.deepEqual(
        links.filter(({ metric: { device = "" } }) => /^(lo|veth)/.test(device)),
        [],
      );
    });

    it("all that the dashboard of the infrastructure asks of nodes and containers", async () => {
      const { rows } = describeDashboards(settingsOf({})).find(({ name }) => name === "infrastructure") ?? assert.fail();
      const panels = rows.filter(({ title }) => ["Nodes", "Containers"].includes(title)).flatMap((row) => row.panels);
      // Whether a probe passes is told by readiness here, and no kubelet counts it.
      const queries = panels
        .flatMap((panel) => panel.queries.map(({ expr }) => expr))
        .filter((expr) => !expr.includes("container_healthy"));
      assert.ok(queries.length > 8, queries.join("\n"));
      await eventually(120, async () => {
        for (const expr of queries) assert.notDeepEqual(await query(chosenAll(expr)), [], expr);
      });
    });

    it("by an account that may read what kubelets measure, and nothing else", async () => {
      const answers = [];
      for (const [, ...question] of ASKED) {
        const account = `--as=system:serviceaccount:${NAMESPACE}:testbro-prometheus`;
        const { stdout } = await context.kubectl.attempt("auth", "can-i", ...question, account);
        answers.push([stdout.trim(), ...question]);
      }
      assert.deepEqual(answers, ASKED);
    });

    it("with one pod a node in the only privileged namespace", async () => {
      const { metadata } = await context.kubectl.get<{ metadata: Metadata }>("namespace", NODE_NAMESPACE);
      assert.equal(metadata.labels?.["pod-security.kubernetes.io/enforce"], "privileged");
      const pods = await podsOf(NODE_NAMESPACE);
      assert.deepEqual(
        pods.map(({ spec }) => [spec.containers[0]?.name, spec.hostNetwork, spec.hostPID]),
        context.machine.nodes.map(() => ["node-exporter", true, undefined]),
      );
      const [pod] = pods;
      const touch = ["exec", pod?.metadata.name ?? "", `--namespace=${NODE_NAMESPACE}`, "--", "touch", "/host/tmp/written"];
      const { code, output } = await context.kubectl.attempt(...touch);
      assert.notEqual(code, 0);
      assert.match(output, /Read-only file system|Permission denied/);
      const run = ["exec", pod?.metadata.name ?? "", `--namespace=${NODE_NAMESPACE}`, "--", "ls", "-A", "/host/run"];
      assert.equal(await context.kubectl.must(...run), "", "sockets of the node");
    });
  });
}
