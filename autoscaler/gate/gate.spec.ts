import assert from "node:assert/strict";
import { type AddressInfo } from "node:net";
import fc from "fast-check";
import { type FastifyInstance } from "fastify";
import { ScaleRefused, type ManagedService, type Target } from "../targets/target";
import { GateClient, mergeStats } from "./client";
import { PATHS } from "./protocol";
import { createGate, type GateOptions } from "./server";

const TOKEN = "gate-token";
const ID = "0123456789abcdef";
const service: ManagedService = { name: "api", labels: { "autoscaler.enable": "true" }, desired: 2, ready: 2, containers: [ID] };

describe("the gate's interface", () => {
  let scaled: [string, number, unknown][];
  let failure: Error | undefined;
  let gates: FastifyInstance[] = [];

  const target: Target = {
    list: async () => {
      if (failure) throw failure;
      return [service];
    },
    scale: async (name, count, options) => {
      if (name !== "api") throw new ScaleRefused(`${name} is not labelled`);
      scaled.push([name, count, options]);
    },
  };
  const open = async (change: Partial<GateOptions> = {}) => {
    const gate = createGate({
      target,
      stats: async ({ containers }) => ({ cpu: 50, cpuReporting: containers.length, memoryReporting: 0 }),
      containers: async () => [{ service: "api", container: ID.slice(0, 12), node: "one", memory: 1 }],
      lease: async (_holder, release) => !release,
      ping: async () => "OK",
      configured: new Set(),
      token: TOKEN,
      ...change,
    });
    await gate.listen({ host: "127.0.0.1", port: 0 });
    gates.push(gate);
    return { gate, port: (gate.server.address() as AddressInfo).port };
  };
  const client = (port: number, token = TOKEN, addresses = ["127.0.0.1"]) =>
    new GateClient(`http://gate.test:${port}`, token, async () => addresses);

  beforeEach(() => {
    scaled = [];
    failure = undefined;
  });
  afterEach(async () => {
    await Promise.all(gates.map((gate) => gate.close()));
    gates = [];
  });

  it("lists, scales, measures and holds the lease for who has the token", async () => {
    const asked = client((await open()).port);
    assert.deepEqual(await asked.list(), [service]);
    await asked.scale("api", 4, { during: "rollout" });
    await asked.scale("api", 3);
    assert.deepEqual(scaled, [
      ["api", 4, { during: "rollout" }],
      ["api", 3, {}],
    ]);
    assert.deepEqual(await asked.stats({ containers: [ID] }), { cpu: 50, cpuReporting: 1, memoryReporting: 0 });
    assert.deepEqual(await asked.containers(), [{ service: "api", container: ID.slice(0, 12), node: "one", memory: 1 }]);
    assert.equal(await asked.hold(), true);
    await asked.release();
  });

  it("says no to everybody else", async () => {
    const { gate, port } = await open();
    await assert.rejects(client(port, "wrong").list(), /valid bearer token/);
    for (const path of Object.values(PATHS).filter((each) => each !== PATHS.health)) {
      const { statusCode } = await gate.inject({ method: "POST", url: path, payload: {} });
      assert.equal(statusCode, 401, path);
    }
    assert.deepEqual(scaled, []);
  });

  it("hands a refusal on as one", async () => {
    await assert.rejects(client((await open()).port).scale("other", 3), (error) => {
      assert.ok(error instanceof ScaleRefused);
      return /not labelled/.test(error.message);
    });
  });

  it("lets nothing of the engine's own interface through, and no field it does not know", async () => {
    const { gate } = await open();
    const authorization = `Bearer ${TOKEN}`;
    const engine = [
      "/services",
      "/v1.41/services/api/update?version=1",
      "/containers/create",
      "/images/json",
      "/secrets",
      "/v1/services/api",
    ];
    for (const url of engine)
      for (const method of ["GET", "POST", "PUT", "DELETE"] as const)
        assert.equal((await gate.inject({ method, url, headers: { authorization } })).statusCode, 404, `${method} ${url}`);
    const bodies = [
      { service: "api", count: 3, image: "evil:1" },
      { service: "api", count: 3, env: ["A=1"] },
      { service: "api", count: 3, mounts: [{ source: "/", target: "/host" }] },
      { service: "../containers", count: 3 },
      { service: "api", count: -1 },
      { service: "api", count: 1.5 },
      { service: "api", count: 1e9 },
      { service: "api", count: 3, during: "always" },
    ];
    for (const payload of bodies) {
      const { statusCode } = await gate.inject({ method: "POST", url: PATHS.scale, headers: { authorization }, payload });
      assert.equal(statusCode, 400, JSON.stringify(payload));
    }
    const odd = { containers: ["../../secrets"] };
    assert.equal((await gate.inject({ method: "POST", url: PATHS.stats, headers: { authorization }, payload: odd })).statusCode, 400);
    assert.deepEqual(scaled, []);
  });

  it("answers any body with a status of its own", async () => {
    const { gate } = await open();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.values(PATHS)), fc.string(), fc.anything(), async (url, text, value) => {
        for (const payload of [text, JSON.stringify(value) ?? ""]) {
          const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
          const { statusCode } = await gate.inject({ method: "POST", url, headers, payload });
          assert.ok([200, 400, 404].includes(statusCode), `${statusCode} for ${payload}`);
        }
      }),
      { numRuns: 150 },
    );
    assert.deepEqual(scaled, []);
  });

  it("is unhealthy when the engine does not answer", async () => {
    const { gate } = await open({ ping: async () => Promise.reject(new Error("connect ECONNREFUSED")) });
    assert.equal((await gate.inject(PATHS.health)).statusCode, 502);
    assert.equal((await (await open()).gate.inject(PATHS.health)).statusCode, 200);
  });

  it("on a worker sends the client to the next node", async () => {
    failure = new Error("This node is not a swarm manager. Worker nodes can't be used to view cluster state.");
    const { gate, port } = await open();
    const answer = await gate.inject({ method: "POST", url: PATHS.services, headers: { authorization: `Bearer ${TOKEN}` }, payload: {} });
    assert.equal(answer.statusCode, 421);
    await assert.rejects(client(port).list(), /no manager/);

    const workerAndManager = createGate({
      target: { ...target, list: async () => [service] },
      stats: async () => ({ memory: 10, cpuReporting: 0, memoryReporting: 1 }),
      containers: async () => [{ service: "api", container: "b", node: "two" }],
      lease: async () => true,
      ping: async () => "OK",
      configured: new Set(),
      token: TOKEN,
    });
    gates.push(workerAndManager);
    // The same port on another address, as gates on several nodes have.
    await workerAndManager.listen({ host: "127.0.0.2", port });
    const both = client(port, TOKEN, ["127.0.0.1", "127.0.0.2"]);
    assert.deepEqual(await both.list(), [service]);
    assert.deepEqual(
      (await both.containers()).map(({ node }) => node),
      ["one", "two"],
    );
    assert.deepEqual(await both.stats({ containers: [ID] }), { cpu: 50, memory: 10, cpuReporting: 1, memoryReporting: 1 });
  });

  it("that cannot be reached is said so", async () => {
    const { gate, port } = await open();
    await gate.close();
    await assert.rejects(client(port).list(), /the gate at 127\.0\.0\.1 does not answer: .*ECONNREFUSED/);
    await assert.rejects(new GateClient("http://gate.test:1", TOKEN, async () => []).list(), /no address/);
  });

  it("weighs each node by the containers that it measured", () => {
    const parts = [
      { cpu: 90, memory: 10, cpuReporting: 3, memoryReporting: 1 },
      { cpu: 10, cpuReporting: 1, memoryReporting: 0 },
    ];
    assert.deepEqual(mergeStats(parts), { cpu: 70, memory: 10, cpuReporting: 4, memoryReporting: 1 });
    assert.deepEqual(mergeStats([]), { cpuReporting: 0, memoryReporting: 0 });
  });
});
