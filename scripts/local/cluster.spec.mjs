import assert from "node:assert/strict";
import { describeCluster, nodesWanted } from "./cluster.mjs";

describe("the arguments of cluster:up", () => {
  it("are a number of nodes, or nothing", () => {
    assert.equal(nodesWanted([]), 1);
    assert.equal(nodesWanted(["--nodes", "3"]), 3);
    assert.equal(nodesWanted(["--nodes=2"]), 2);
  });

  it("are refused with what to write instead", () => {
    assert.match(String(nodesWanted(["--nodes", "many"])), /--nodes many: not a number of nodes.*--nodes 3/);
    assert.match(String(nodesWanted(["--nodes"])), /not a number of nodes/);
    assert.match(String(nodesWanted(["--fast"])), /--fast: not what cluster:up takes/);
  });
});

describe("describeCluster", () => {
  it("tells how to use the cluster and how to end it", () => {
    const none = async () => {};
    const cluster = { kubeconfig: "/k", context: "testbro", kubectl: "/bin/kubectl", netns: "n", address: "10.0.0.2", loadImages: none };
    const nodes = [{ name: "node-1", zone: "zone-1", address: "10.0.0.1" }];
    const said = describeCluster({ ...cluster, nodes, origin: "source", stopNode: none, startNode: none, stop: none });
    for (const part of [/node-1 in zone-1/, /10\.0\.0\.2/, /export KUBECONFIG=\/k/, /kubectl --context testbro/, /cluster:down/])
      assert.match(said, part);
    const theirs = describeCluster({ ...cluster, nodes, origin: "context", stopNode: none, startNode: none, stop: none });
    assert.doesNotMatch(theirs, /cluster:down/);
  });
});
