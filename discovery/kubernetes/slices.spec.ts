import assert from "node:assert/strict";
import { sliceOf } from "./api-server.fixture";
import { replicasOf } from "./slices";

describe("replicasOf", () => {
  const replicas = (...slices: Parameters<typeof replicasOf>[0][]) =>
    replicasOf(
      slices.flatMap((each) => [...each]),
      "api",
      3001,
    );

  it("names the ready ones of a Service's slices that have the port, in a fixed order", () => {
    const found = replicas([
      sliceOf("b", "api", 3001, [{ address: "10.0.0.3" }, { address: "10.0.0.2", ready: false }]),
      sliceOf("a", "api", 3001, [{ address: "10.0.0.1" }]),
      sliceOf("metrics", "api", 9464, [{ address: "10.0.0.4" }]),
      sliceOf("other", "web", 3001, [{ address: "10.0.0.5" }]),
    ]);
    assert.deepEqual(found, ["10.0.0.1", "10.0.0.3"]);
  });

  it("leaves out whoever is about to stop, ready or not", () => {
    const leaving = { address: "10.0.0.1", serving: true, terminating: true };
    for (const ready of [true, false]) {
      assert.deepEqual(replicas([sliceOf("a", "api", 3001, [{ ...leaving, ready }, { address: "10.0.0.2" }])]), ["10.0.0.2"]);
    }
  });

  it("names those that stop and still serve when there is nobody else", () => {
    const slice = sliceOf("a", "api", 3001, [
      { address: "10.0.0.1", ready: false, serving: true, terminating: true },
      { address: "10.0.0.2", ready: false, serving: false, terminating: true },
      { address: "10.0.0.3", ready: false, serving: false },
    ]);
    assert.deepEqual(replicas([slice]), ["10.0.0.1"]);
  });

  it("takes one address of a pod that has two kinds, IPv4 first, and none that is a name", () => {
    const found = replicas([
      sliceOf(
        "six",
        "api",
        3001,
        [
          { address: "fd00::1", uid: "one" },
          { address: "fd00::2", uid: "two" },
        ],
        "IPv6",
      ),
      sliceOf("four", "api", 3001, [{ address: "10.0.0.1", uid: "one" }]),
      sliceOf("name", "api", 3001, [{ address: "example.org", uid: "three" }], "FQDN"),
    ]);
    assert.deepEqual(found, ["10.0.0.1", "fd00::2"]);
  });

  it("takes what says nothing as ready, and whatever the API server leaves out", () => {
    const labels = { "kubernetes.io/service-name": "api" };
    const bare = { metadata: { name: "a", labels }, addressType: "IPv4", ports: [{ port: 3001 }] };
    assert.deepEqual(replicas([{ ...bare, endpoints: [{ addresses: ["10.0.0.1"] }, { addresses: [] }] }]), ["10.0.0.1"]);
    assert.deepEqual(replicas([{ ...bare, endpoints: null }, { ...bare, ports: null }, { metadata: { name: "x" } }]), []);
    const udp = { ...bare, ports: [{ port: 3001, protocol: "UDP" }], endpoints: [{ addresses: ["10.0.0.1"] }] };
    assert.deepEqual(replicas([udp]), []);
  });
});
