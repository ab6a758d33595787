import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { summary } from "../load";
import { eventually } from "../swarm/commands";
import { FEWEST, type Context } from "./context";
import type { Pod } from "./kubectl";
import { failedGets, underLoad } from "./traffic";

/** A node without data and without the entrance that the test uses; the volumes' class puts the data into the first zone. */
const DRAINED = "node-3";
const LOST = "node-2";

/** Failures in the first second after a node is gone are what is in flight on it, or on its way. */
const IN_FLIGHT_MILLISECONDS = 1000;

/** Workloads of several replicas. */
const SPREAD = ["backend", "frontend", "nginx"];

/** What holds of three nodes in three zones. */
export function nodes(context: Context): void {
  const onNode = (pods: Pod[], node: string) => pods.filter(({ spec }) => spec.nodeName === node);
  const isNodeReady = async (node: string) =>
    (await context.kubectl.must("get", "node", node, "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')) === "True";

  it("spreads backend, frontend and balancer over all zones", async () => {
    const zones = new Map(context.machine.nodes.map(({ name, zone }) => [name, zone]));
    for (const workload of SPREAD) {
      await context.replicas(workload, FEWEST, 120);
      const used = new Set((await context.kubectl.ready(workload)).map(({ spec }) => zones.get(spec.nodeName ?? "")));
      assert.deepEqual([...used].sort(), ["zone-1", "zone-2", "zone-3"], workload);
    }
  });

  it("loses no request when a node is drained", async () => {
    const { report } = await underLoad(context, `${DRAINED} drained`, async () => {
      await context.kubectl.must("drain", DRAINED, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=200s");
      const { items } = JSON.parse(await context.kubectl.must("get", "pods", "-o", "json")) as { items: Pod[] };
      assert.deepEqual(
        onNode(items, DRAINED).map(({ metadata }) => metadata.name),
        [],
      );
      for (const workload of SPREAD) await context.replicas(workload, FEWEST, 120);
    }).finally(() => context.kubectl.must("uncordon", DRAINED));
    assert.deepEqual(report.failures, [], summary(report));
  });

  it("loses a node and takes it back: the floor is restored, and no GET fails beyond the first second", async () => {
    const victims = onNode(await context.kubectl.list<Pod>("pods"), LOST);
    assert.ok(victims.length > 0, "nothing runs on the node to lose");
    const { report, value } = await underLoad(context, `${LOST} lost and back`, async () => {
      const lost = Date.now();
      await context.machine.stopNode(LOST);
      const gone = Date.now();
      await eventually(90, async () => assert.ok(!(await isNodeReady(LOST))));
      const noticed = Date.now();
      await sleep(1000);
      for (const workload of SPREAD) await context.replicas(workload, FEWEST, 180);
      const restored = Date.now();
      await context.machine.startNode(LOST);
      await eventually(120, async () => assert.ok(await isNodeReady(LOST)));
      for (const workload of SPREAD) await context.replicas(workload, FEWEST, 180);
      console.log(
        `      ${victims.length} pods lost; noticed after ${seconds(noticed - lost)} s, ` +
          `the floor restored after ${seconds(restored - lost)} s, the node back ${seconds(Date.now() - restored)} s later`,
      );
      return { lost, gone };
    }).finally(() => context.machine.startNode(LOST));
    const late = report.failures.filter(
      ({ method, sentAt }) => method === "GET" && Date.parse(sentAt) > value.gone + IN_FLIGHT_MILLISECONDS,
    );
    console.log(`      failed GET: ${failedGets(report).join("; ") || "none"}`);
    assert.deepEqual(late, [], summary(report));
  });
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}
