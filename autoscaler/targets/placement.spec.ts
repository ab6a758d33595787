import assert from "node:assert/strict";
import fc from "fast-check";
import { Room, type Demand, type SwarmNode } from "./placement";

const GB = 2 ** 30;
const node = (
  id: string,
  change: { labels?: Record<string, string>; availability?: string; state?: string; role?: string } = {},
): SwarmNode => ({
  ID: id,
  Spec: { Role: change.role ?? "worker", Availability: change.availability ?? "active", Labels: change.labels ?? {} },
  Description: { Hostname: id, Resources: { NanoCPUs: 4e9, MemoryBytes: 8 * GB } },
  Status: { State: change.state ?? "ready" },
});
const demand = (change: Partial<Demand> = {}): Demand => ({
  serviceId: "api",
  reserved: { NanoCPUs: 1e9, MemoryBytes: GB },
  constraints: [],
  mostPerNode: 0,
  ...change,
});
const tasks = (count: number, on: string, service = "api", cpu = 1e9) =>
  Array.from({ length: count }, () => ({ NodeID: on, ServiceID: service, reserved: { NanoCPUs: cpu, MemoryBytes: GB } }));

describe("room on the nodes", () => {
  it("is what reservations leave, those of the service's own replicas included", () => {
    assert.equal(new Room([node("a"), node("b")], []).placeable(demand()), 8);
    assert.equal(new Room([node("a")], tasks(2, "a")).placeable(demand()), 4);
    assert.equal(new Room([node("a")], [...tasks(2, "a"), ...tasks(1, "a", "other")]).placeable(demand()), 3);
    assert.equal(new Room([node("a")], []).placeable(demand({ reserved: { MemoryBytes: 3 * GB } })), 2);
  });

  it("is not on nodes that are down, drained or shut out by a constraint", () => {
    const nodes = [node("a", { labels: { type: "app" } }), node("b", { availability: "drain" }), node("c", { state: "down" }), node("d")];
    const of = (constraints: string[]) => new Room(nodes, []).placeable(demand({ constraints }));
    assert.equal(of([]), 8);
    assert.equal(of(["node.labels.type==app"]), 4);
    assert.equal(of(["node.labels.type != app"]), 4);
    assert.equal(of(["node.role==manager"]), 0);
    assert.equal(of(["node.hostname==d", "node.labels.type==app"]), 0);
    assert.equal(of(["node.unheard.of==1"]), 8, "what is not understood is left to Swarm");
  });

  it("is limited by replicas per node, and by nothing where nothing is reserved", () => {
    assert.equal(new Room([node("a"), node("b")], tasks(1, "a")).placeable(demand({ mostPerNode: 2 })), 4);
    assert.equal(new Room([node("a")], []).placeable(demand({ reserved: {} })), undefined);
    assert.equal(new Room([node("a", { state: "down" })], []).placeable(demand({ reserved: {} })), 0);
    assert.equal(new Room([node("a")], []).placeable(demand({ reserved: {}, mostPerNode: 3 })), 3);
  });

  it("is never less than what is placed, and filling it leaves no more", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 4 }), (placed, cpu) => {
        const own = { ...demand(), reserved: { NanoCPUs: cpu * 1e9 } };
        const here = (count: number) => tasks(count, "a", "api", cpu * 1e9);
        const room = new Room([node("a")], here(placed)).placeable(own) ?? -1;
        assert.ok(room >= placed);
        assert.equal(new Room([node("a")], here(room)).placeable(own), room);
      }),
    );
  });
});
