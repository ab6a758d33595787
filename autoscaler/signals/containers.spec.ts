import assert from "node:assert/strict";
import { FakeEngine } from "../targets/engine.fixture";
import { Containers } from "./containers";

const ID = "0123456789abcdef";
const STATS = {
  read: "2026-01-01T00:00:00Z",
  cpu_stats: { cpu_usage: { total_usage: 2.5e9 }, throttling_data: { periods: 100, throttled_periods: 7 } },
  memory_stats: { usage: 1000, limit: 4000, stats: { inactive_file: 300 } },
  networks: { eth0: { rx_bytes: 10, tx_bytes: 20 }, eth1: { rx_bytes: 1, tx_bytes: 2 } },
};

describe("the use of containers", () => {
  let engine: FakeEngine;
  let listed: { Id: string; Labels?: Record<string, string>; Status?: string }[];
  let inspected: object | undefined;
  let stats: object | undefined;
  /** What a manager knows; a worker refuses to say. */
  let services: string[] | undefined;

  beforeEach(async () => {
    inspected = {
      State: { StartedAt: "2026-01-01T00:00:00Z" },
      HostConfig: { NanoCpus: 5e8, Memory: 4000 },
      Config: { Env: ["SECRET=1"] },
    };
    stats = STATS;
    services = undefined;
    engine = await FakeEngine.start(({ path }) => {
      if (path === "/info") return { body: { Name: "node-1" } };
      if (path === "/services") {
        const refusal = { status: 503, body: { message: "This node is not a swarm manager." } };
        return services ? { body: services.map((Name) => ({ Spec: { Name } })) } : refusal;
      }
      if (path === "/containers/json") return { body: listed };
      if (path.endsWith("/stats")) return stats && { body: stats };
      return inspected && { body: inspected };
    });
  });
  afterEach(() => engine.stop());

  const task = (service: string, id = ID, status = "Up 5 minutes (healthy)") => ({
    Id: id,
    Labels: { "com.docker.swarm.service.name": service },
    Status: status,
  });

  it("is told in cores, seconds and bytes, and nothing else of the container is", async () => {
    listed = [task("shop-api")];
    assert.deepEqual(await new Containers(engine.docker, "swarm", "shop").read(), [
      {
        service: "shop-api",
        container: "0123456789ab",
        node: "node-1",
        healthy: true,
        started: 1767225600,
        cpuLimit: 0.5,
        memoryLimit: 4000,
        cpuSeconds: 2.5,
        periods: 100,
        throttledPeriods: 7,
        memory: 700,
        received: 11,
        sent: 22,
      },
    ]);
  });

  it("is of the project's own containers only", async () => {
    const marked = { ...task("odd"), Labels: { "com.docker.swarm.service.name": "odd", "com.docker.stack.namespace": "shop" } };
    listed = [task("shop-api", "a"), task("shopping-api", "b"), { ...marked, Id: "c" }];
    const servicesOf = async (project?: string) =>
      (await new Containers(engine.docker, "swarm", project).read()).map(({ service }) => service);
    assert.deepEqual(await servicesOf("shop"), ["shop-api", "odd"]);
    assert.deepEqual(await servicesOf(), ["shop-api", "shopping-api", "odd"]);
    const compose = (project: string) => ({ "com.docker.compose.project": project, "com.docker.compose.service": "web" });
    listed = [
      { Id: "a", Labels: compose("shop") },
      { Id: "b", Labels: compose("other") },
    ];
    const uses = await new Containers(engine.docker, "compose", "shop").read();
    assert.deepEqual(
      uses.map(({ service, container }) => [service, container]),
      [["web", "a"]],
    );
  });

  it("is told apart from that of a stack whose name begins alike, where a manager knows which services are whose", async () => {
    listed = [task("shop-api", "a"), task("shop-b-api", "b")];
    services = ["shop-api"];
    const found = async () => (await new Containers(engine.docker, "swarm", "shop").read()).map(({ service }) => service);
    assert.deepEqual(await found(), ["shop-api"]);
    services = [];
    assert.deepEqual(await found(), []);
    services = undefined;
    assert.deepEqual(await found(), ["shop-api", "shop-b-api"]);
  });

  it("says of health what the engine says, and nothing where it says nothing", async () => {
    listed = ["(healthy)", "(unhealthy)", "(health: starting)", ""].map((health, index) => task("shop-api", `${index}`, `Up ${health}`));
    const uses = await new Containers(engine.docker, "swarm").read();
    assert.deepEqual(
      uses.map(({ healthy }) => healthy),
      [true, false, undefined, undefined],
    );
  });

  it("leaves out limits that are not set, and a container that is gone before it is asked", async () => {
    listed = [task("shop-api")];
    inspected = { HostConfig: { CpuQuota: 150_000, CpuPeriod: 100_000 } };
    const [use] = await new Containers(engine.docker, "swarm").read();
    assert.deepEqual([use?.cpuLimit, use?.memoryLimit, use?.started], [1.5, undefined, undefined]);
    stats = undefined;
    assert.deepEqual(await new Containers(engine.docker, "swarm").read(), []);
  });

  it("asks for a container's limits once, and forgets those of containers that are gone", async () => {
    const containers = new Containers(engine.docker, "swarm");
    const inspections = () => engine.requests.filter((request) => request.endsWith(`${ID}/json`)).length;
    listed = [task("shop-api")];
    await containers.read();
    await containers.read();
    assert.equal(inspections(), 1);
    listed = [];
    await containers.read();
    listed = [task("shop-api")];
    await containers.read();
    assert.equal(inspections(), 2);
  });

  it("is unknown when the engine cannot say which containers there are", async () => {
    await engine.stop();
    await assert.rejects(new Containers(engine.docker, "swarm").read());
  });
});
