import assert from "node:assert/strict";
import { SwarmLease } from "../daemon/lease";
import { FakeEngine, type Handler } from "./engine.fixture";
import { SwarmTarget } from "./swarm";
import { ScaleRefused } from "./target";

interface Service {
  ID: string;
  Version: { Index: number };
  Spec: {
    Name: string;
    Labels: Record<string, string>;
    Mode: { Replicated?: { Replicas: number }; Global?: object };
    TaskTemplate: { ContainerSpec: { Image: string; Env: string[]; Mounts: object[] }; Resources: { Reservations: object } };
  };
  UpdateStatus?: { State: string };
}

/** A swarm of one node as its manager's API shows it. */
class FakeSwarm {
  services: Service[] = [];
  configs: { ID: string; Version: { Index: number }; Spec: { Name: string; Labels: Record<string, string> } }[] = [];
  /** Somebody else's change just before each update, that often. */
  races = 0;
  updates: Service["Spec"][] = [];

  add(
    name: string,
    labels: Record<string, string> = { "autoscaler.enable": "true" },
    mode: Service["Spec"]["Mode"] = { Replicated: { Replicas: 2 } },
  ): Service {
    const service: Service = {
      ID: `id-${name}`,
      Version: { Index: 10 },
      Spec: {
        Name: name,
        Labels: labels,
        Mode: mode,
        TaskTemplate: {
          ContainerSpec: { Image: `${name}:1`, Env: ["PASSWORD_FILE=/run/secrets/x"], Mounts: [{ Source: "data", Target: "/data" }] },
          Resources: { Reservations: { NanoCPUs: 1e9, MemoryBytes: 1e9 } },
        },
      },
    };
    this.services.push(service);
    return service;
  }

  handle: Handler = ({ method, path, query, body }) => {
    if (path === "/services") return { body: this.services };
    if (path === "/nodes")
      return {
        body: [
          {
            ID: "node",
            Spec: { Role: "manager", Availability: "active", Labels: {} },
            Status: { State: "ready" },
            Description: { Hostname: "node", Resources: { NanoCPUs: 8e9, MemoryBytes: 64e9 } },
          },
        ],
      };
    if (path === "/tasks")
      return {
        body: this.services.flatMap(({ ID, Spec }) =>
          Array.from({ length: Spec.Mode.Replicated?.Replicas ?? 0 }, (_, index) => ({
            ServiceID: ID,
            NodeID: "node",
            DesiredState: "running",
            Spec: { Resources: Spec.TaskTemplate.Resources },
            Status: { State: index === 0 ? "running" : "starting", ContainerStatus: { ContainerID: `${ID}-${index}` } },
          })),
        ),
      };
    const [, name, update] = /^\/services\/([^/]+)(\/update)?$/.exec(path) ?? [];
    const service = this.services.find(({ ID, Spec }) => ID === name || Spec.Name === name);
    if (name !== undefined) {
      if (!service) return { status: 404, body: { message: `service ${name} not found` } };
      if (update === undefined) return { body: service };
      if (this.races-- > 0) service.Version.Index++;
      if (Number(query.get("version")) !== service.Version.Index)
        return { status: 500, body: { message: "rpc error: code = Unknown desc = update out of sequence" } };
      const { version, ...spec } = body as Service["Spec"] & { version?: number };
      void version;
      service.Version.Index++;
      service.Spec = spec;
      this.updates.push(spec);
      return { body: {} };
    }
    return this.handleConfigs(method, path, query, body);
  };

  private handleConfigs(method: string, path: string, query: URLSearchParams, body: unknown): ReturnType<Handler> {
    if (path === "/configs") return { body: this.configs };
    const spec = body as { Name: string; Labels: Record<string, string> };
    if (path === "/configs/create") {
      if (this.configs.some(({ Spec }) => Spec.Name === spec.Name))
        return { status: 409, body: { message: "name conflicts: already exists" } };
      this.configs.push({ ID: `config-${spec.Name}`, Version: { Index: 1 }, Spec: spec });
      return { status: 201, body: { ID: `config-${spec.Name}` } };
    }
    const [, id] = /^\/configs\/([^/]+)/.exec(path) ?? [];
    const config = this.configs.find(({ ID }) => ID === id);
    if (!config) return undefined;
    if (method === "DELETE") {
      this.configs = this.configs.filter((each) => each !== config);
      return { status: 204 };
    }
    if (Number(query.get("version")) !== config.Version.Index) return { status: 500, body: { message: "update out of sequence" } };
    config.Version.Index++;
    config.Spec = { Name: config.Spec.Name, Labels: spec.Labels };
    return { body: {} };
  }
}

describe("SwarmTarget", () => {
  let swarm: FakeSwarm;
  let engine: FakeEngine;
  const target = (namespace?: string) => new SwarmTarget(engine.docker, namespace);

  beforeEach(async () => {
    swarm = new FakeSwarm();
    engine = await FakeEngine.start(swarm.handle, 500);
  });
  afterEach(() => engine.stop());

  it("lists what is labelled or named, replicated, and of its own stack", async () => {
    const stack = (name: string) => ({ "autoscaler.enable": "true", "com.docker.stack.namespace": name });
    swarm.add("api", stack("shop"));
    swarm.add("other", stack("elsewhere"));
    swarm.add("plain", { "com.docker.stack.namespace": "shop" });
    swarm.add("agent", stack("shop"), { Global: {} });
    const names = async (configured: string[], namespace?: string) =>
      (await target(namespace).list(new Set(configured))).map(({ name }) => name);
    assert.deepEqual(await names([]), ["api", "other"]);
    assert.deepEqual(await names([], "shop"), ["api"]);
    assert.deepEqual(await names(["plain"], "shop"), ["api", "plain"]);
    const [api] = await target().list(new Set());
    const { desired, ready, containers, cpuBase, memoryBase, placeable } = api ?? {};
    assert.deepEqual([desired, ready, containers, cpuBase, memoryBase], [2, 1, ["id-api-0"], 1e9, 1e9]);
    // Four services of two replicas would be eight CPUs, but the global one has none counted here: 8 - 6 leaves 2 more.
    assert.equal(placeable, 4);
    assert.ok(!JSON.stringify(api).includes("PASSWORD"), "nothing of the container's environment");
  });

  it("changes the count and nothing else", async () => {
    const before = structuredClone(swarm.add("api").Spec);
    await target().list(new Set());
    await target().scale("api", 5);
    assert.deepEqual(swarm.updates, [{ ...before, Mode: { Replicated: { Replicas: 5 } } }]);
  });

  it("reads again when somebody else changed the service in between, and keeps their change", async () => {
    const service = swarm.add("api");
    const handle = swarm.handle;
    const raced = target();
    await raced.list(new Set());
    swarm.races = 2;
    engine.requests.length = 0;
    service.Spec.TaskTemplate.ContainerSpec.Image = "api:2";
    await raced.scale("api", 4);
    assert.equal(swarm.updates.length, 1);
    assert.equal(swarm.updates[0]?.TaskTemplate.ContainerSpec.Image, "api:2");
    assert.equal(engine.requests.filter((request) => request === "GET /services/api").length, 3);
    swarm.races = 99;
    await assert.rejects(raced.scale("api", 3), /out of sequence/);
    assert.equal(handle, swarm.handle);
  });

  it("refuses while a rollout runs that started after the look", async () => {
    const service = swarm.add("api");
    await target().list(new Set());
    for (const State of ["updating", "paused", "rollback_started", "rollback_paused"]) {
      service.UpdateStatus = { State };
      await assert.rejects(target().scale("api", 5), (error) => error instanceof ScaleRefused && error.message.includes(State));
    }
    assert.deepEqual(swarm.updates, []);
    await target().scale("api", 5, { during: "rollout" });
    service.UpdateStatus = { State: "completed" };
    await target().scale("api", 4);
    assert.equal(swarm.updates.length, 2);
  });

  it("never scales what was not asked for, whatever name it is given", async () => {
    swarm.add("plain", {});
    swarm.add("other", { "autoscaler.enable": "true", "com.docker.stack.namespace": "elsewhere" });
    for (const name of ["plain", "other"]) await assert.rejects(target("shop").scale(name, 5), ScaleRefused);
    await assert.rejects(target().scale("nobody", 5), /not found/);
    assert.deepEqual(swarm.updates, []);
  });

  it("sees every change of the specification but the count's as a new revision", async () => {
    const service = swarm.add("api");
    const revision = async () => (await target().list(new Set()))[0]?.revision;
    const first = await revision();
    service.Spec.Mode = { Replicated: { Replicas: 7 } };
    assert.equal(await revision(), first);
    service.Spec.Labels = { ...service.Spec.Labels, team: "checkout" };
    assert.notEqual(await revision(), first);
  });

  it("gives up on an engine that hangs", async () => {
    swarm.add("api");
    engine.delay = 5000;
    const started = Date.now();
    await assert.rejects(target().list(new Set()));
    assert.ok(Date.now() - started < 3000);
  });

  it("hands one lease to one holder, until it ends or is given back", async () => {
    const [first, second] = [new SwarmLease(engine.docker, "lease"), new SwarmLease(engine.docker, "lease")];
    assert.equal(await first.hold(1000), true);
    assert.equal(await second.hold(1010), false);
    assert.equal(await first.hold(1020), true);
    assert.equal(await second.hold(1100), true, "it had ended");
    assert.equal(await first.hold(1101), false);
    await first.release();
    assert.equal(swarm.configs.length, 1, "who does not hold it cannot give it back");
    await second.release();
    assert.equal(await first.hold(1102), true);
    const both = await Promise.all([new SwarmLease(engine.docker, "new").hold(1), new SwarmLease(engine.docker, "new").hold(1)]);
    assert.deepEqual(both.filter(Boolean), [true]);
  });
});
