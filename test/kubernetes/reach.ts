import assert from "node:assert/strict";
import { parties, type PodFacts, whoReachesWhom } from "../reachability/matrix";
import { type NetworkPolicy, reachability } from "../reachability/evaluate";
import type { Context } from "./context";
import { type Pod, WORKLOAD_LABEL } from "./kubectl";

/** A pod's workload, from the name {@link factsOf} gives it. */
function workloadOf(party: string): string {
  return party.replace(/ .*$/, "");
}

function factsOf({ metadata, spec, status }: Pod): PodFacts {
  return {
    name: `${metadata.labels?.[WORKLOAD_LABEL] ?? ""} ${metadata.name}`,
    namespace: metadata.namespace,
    labels: metadata.labels ?? {},
    ports: spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort, protocol }) => ({ port: containerPort, protocol }))),
    address: status.podIP ?? "",
  };
}

/** The policies as they are on the cluster, for the pods as they are. */
export function reach(context: Context): void {
  describe("keeps its parts apart", () => {
    it("lets reach whom the hand-written matrix says: from the applied policies and the real pods' labels", async () => {
      const pods = (await context.kubectl.list<Pod>("pods")).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      const everybody = parties(pods.map(factsOf));
      const policies = await context.kubectl.list<NetworkPolicy>("networkpolicies");
      assert.ok(policies.length > 2, `${policies.length} policies`);
      const matrix = whoReachesWhom(context.balancer);
      const found = Object.entries(reachability(policies, everybody.parties, everybody.destinations));
      const facts = new Map(
        everybody.destinations.map(({ party, port }) => [`${party.name}:${port}`, `${workloadOf(party.name)}:${port}`]),
      );
      for (const [from, reached] of found) {
        const workload = workloadOf(from);
        const expected = [...(matrix[workload] ?? assert.fail(`${workload} is not in the matrix`))].sort();
        assert.deepEqual([...new Set(reached.map((each) => facts.get(each)))].sort(), expected, from);
        // All of a workload's pods or none: as many as there are.
        const wanted = [...facts].filter(([full, short]) => expected.includes(short) && !full.startsWith(`${from}:`)).length;
        assert.equal(reached.length, wanted, `${from} reaches some replicas only: ${reached.join()}`);
      }
      assert.deepEqual([...new Set(found.map(([from]) => workloadOf(from)))].sort(), Object.keys(matrix).sort());
      console.log("      No network plugin of this cluster enforces policies: that packets obey them is not shown here.");
    });
  });
}
