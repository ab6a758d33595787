import assert from "node:assert/strict";
import { ComposeTarget } from "./compose";
import { FakeEngine, type Answer, type Handler } from "./engine.fixture";
import { ScaleRefused } from "./target";

interface Container {
  Id: string;
  name: string;
  state: string;
  status: string;
  labels: Record<string, string>;
  host: Record<string, unknown>;
  networks: Record<string, { Aliases?: string[] }>;
}

/** A Compose project as the engine's API shows it. */
class FakeProject {
  containers: Container[] = [];
  connected: string[] = [];
  created: { name: string; body: Record<string, unknown> }[] = [];
  stopped: { id: string; seconds: string }[] = [];
  /** Resolves when a container that is being stopped may end. */
  draining: Promise<void> = Promise.resolve();
  /** Whether it cannot stop anything. */
  stuck = false;

  add(
    service: string,
    number: number,
    change: { labels?: Record<string, string>; host?: Record<string, unknown>; state?: string; status?: string } = {},
  ): Container {
    const container: Container = {
      Id: `${service}${number}`.padEnd(64, "0"),
      name: `/shop-${service}-${number}`,
      state: change.state ?? "running",
      status: change.status ?? "Up 2 minutes (healthy)",
      labels: {
        "com.docker.compose.project": "shop",
        "com.docker.compose.service": service,
        "com.docker.compose.container-number": String(number),
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.config-hash": "hash",
        ...(change.labels ?? { "autoscaler.enable": "true" }),
      },
      host: { NanoCpus: 5e8, Memory: 1e8, Binds: ["data:/data"], ...change.host },
      networks: {
        shop_default: { Aliases: [service, `shop-${service}-${number}`, `${service}${number}`.padEnd(12, "0")] },
        shop_back: { Aliases: [service] },
      },
    };
    this.containers.push(container);
    return container;
  }

  /** Containers that are being stopped drain until the returned function is called. */
  drainUntilTold(): () => void {
    let drained = () => {};
    this.draining = new Promise((resolve) => (drained = resolve));
    return () => drained();
  }

  handle: Handler = ({ method, path, query, body }) => {
    if (path === "/containers/json")
      return { body: this.containers.map(({ Id, state, status, labels }) => ({ Id, State: state, Status: status, Labels: labels })) };
    if (path === "/containers/create") return this.create(query.get("name") ?? "", body as Record<string, unknown>);
    const network = /^\/networks\/([^/]+)\/connect$/.exec(path)?.[1];
    if (network !== undefined) {
      this.connected.push(network);
      return { body: {} };
    }
    const [, id = "", action = ""] = /^\/containers\/([^/]+)\/?(.*)$/.exec(path) ?? [];
    const container = this.containers.find(({ Id }) => Id === id);
    if (!container) return { status: 404, body: { message: `no such container ${id}` } };
    if (method === "DELETE") {
      this.containers = this.containers.filter((each) => each !== container);
      return { status: 204 };
    }
    if (action === "start") return { status: 204 };
    if (action === "stop") {
      this.stopped.push({ id, seconds: query.get("t") ?? "" });
      return this.draining.then(() => (this.stuck ? { status: 500, body: { message: "stuck" } } : { status: 204 }));
    }
    return {
      body: {
        Id: container.Id,
        Name: container.name,
        Image: "sha256:1",
        State: { Running: container.state === "running" },
        Config: { Hostname: container.Id.slice(0, 12), Image: "api:1", Env: ["A=1"], Labels: container.labels, StopTimeout: 20 },
        HostConfig: container.host,
        NetworkSettings: { Networks: container.networks },
      },
    };
  };

  private create(name: string, body: Record<string, unknown>): Answer {
    this.created.push({ name, body });
    const labels = body["Labels"] as Record<string, string>;
    const made = this.add(labels["com.docker.compose.service"] ?? "", Number(labels["com.docker.compose.container-number"]), { labels });
    return { status: 201, body: { Id: made.Id, Warnings: [] } };
  }
}

describe("ComposeTarget", () => {
  let project: FakeProject;
  let engine: FakeEngine;
  let target: ComposeTarget;

  beforeEach(async () => {
    project = new FakeProject();
    engine = await FakeEngine.start(project.handle);
    target = new ComposeTarget(engine.docker, "shop", 0);
  });
  afterEach(() => engine.stop());

  /** Waits until a look is as wanted. */
  async function until(look: () => boolean): Promise<void> {
    for (let tries = 0; !look(); tries++) {
      assert.ok(tries < 200, JSON.stringify({ numbers: numbers(), stopped: project.stopped }));
      await new Promise((next) => setTimeout(next, 10));
    }
  }

  const numbers = () => project.containers.map(({ labels }) => Number(labels["com.docker.compose.container-number"])).sort();

  it("lists labelled services with what runs, and passes over one-off and ended containers", async () => {
    project.add("api", 1);
    project.add("api", 2, { status: "Up 2 seconds (health: starting)" });
    project.add("api", 3, { state: "exited", status: "Exited (0)" });
    project.add("db", 1, { labels: {} });
    const oneOff = project.add("api", 9);
    oneOff.labels["com.docker.compose.oneoff"] = "True";
    const services = await target.list(new Set());
    assert.deepEqual(
      services.map(({ name, desired, ready, cpuBase, memoryBase, revision }) => [name, desired, ready, cpuBase, memoryBase, revision]),
      [["api", 2, 1, 5e8, 1e8, "hash"]],
    );
    assert.deepEqual(
      (await target.list(new Set(["db"]))).map(({ name }) => name),
      ["api", "db"],
    );
  });

  it("adds a clone with the next free number and the same labels, under the service's name in every network", async () => {
    project.add("api", 1);
    project.add("api", 3);
    await target.scale("api", 4);
    assert.deepEqual(numbers(), [1, 2, 3, 4]);
    assert.deepEqual(
      project.created.map(({ name }) => name),
      ["shop-api-2", "shop-api-4"],
    );
    const { body } = project.created[0] ?? {};
    assert.deepEqual(
      [body?.["Image"], body?.["Env"], (body?.["HostConfig"] as { Binds: string[] }).Binds],
      ["api:1", ["A=1"], ["data:/data"]],
    );
    assert.equal((body?.["Labels"] as Record<string, string>)["com.docker.compose.project"], "shop");
    assert.equal(body?.["Hostname"], undefined, "an engine's own host name is not cloned");
    const { EndpointsConfig: endpoints } = body?.["NetworkingConfig"] as { EndpointsConfig: Record<string, { Aliases: string[] }> };
    assert.deepEqual(endpoints, { shop_default: { Aliases: ["api"] } });
    assert.deepEqual(project.connected, ["shop_back", "shop_back"]);
  });

  it("takes the newest away, giving each its own time to stop", async () => {
    for (const number of [1, 2, 3, 4]) project.add("api", number);
    await target.scale("api", 2);
    await until(() => numbers().length === 2);
    assert.deepEqual(numbers(), [1, 2]);
    assert.deepEqual(
      project.stopped.map(({ id, seconds }) => [id.slice(0, 4), seconds]),
      [
        ["api4", "20"],
        ["api3", "20"],
      ],
    );
  });

  it("does not wait for those who leave, counts them no more, and takes one away after the other", async () => {
    for (const number of [1, 2, 3, 4]) project.add("api", number);
    const drained = project.drainUntilTold();
    await target.scale("api", 2);
    await until(() => project.stopped.length === 1);
    const [service] = await target.list(new Set());
    assert.deepEqual([service?.desired, service?.ready, service?.containers.length], [2, 2, 2]);
    await target.scale("api", 2);
    assert.deepEqual([numbers(), project.stopped.length], [[1, 2, 3, 4], 1], "the second waits for the first");
    drained();
    await until(() => numbers().length === 2);
    assert.equal(project.stopped.length, 2);
  });

  it("waits for one that drains longer than the client waits for an answer", async () => {
    const slow = await FakeEngine.start(project.handle, 100);
    try {
      for (const number of [1, 2]) project.add("api", number);
      const drained = project.drainUntilTold();
      await new ComposeTarget(slow.docker, "shop", 0).scale("api", 1);
      await until(() => slow.requests.filter((request) => /^GET .*\/json$/.test(request)).length > 4);
      assert.deepEqual(numbers(), [1, 2]);
      drained();
      for (const container of project.containers) container.state = "exited";
      await until(() => numbers().length === 1);
    } finally {
      await slow.stop();
    }
  });

  it("keeps who has not begun to leave when it is wanted again, and clones beside who has", async () => {
    for (const number of [1, 2, 3, 4]) project.add("api", number);
    const drained = project.drainUntilTold();
    await target.scale("api", 2);
    await until(() => project.stopped.length === 1);
    await target.scale("api", 4);
    drained();
    await until(() => !numbers().includes(4));
    assert.deepEqual([numbers(), (await target.list(new Set()))[0]?.desired], [[1, 2, 3, 5], 4]);
  });

  it("counts a container again that could not be taken away", async () => {
    for (const number of [1, 2, 3]) project.add("api", number);
    project.stuck = true;
    const said: string[] = [];
    const { error } = console;
    console.error = (line: string) => said.push(line);
    try {
      await target.scale("api", 2);
      await until(() => said.length === 1);
    } finally {
      console.error = error;
    }
    assert.match(said[0] ?? "", /^api: container api3000\w* could not be taken away: .*stuck/);
    assert.equal((await target.list(new Set()))[0]?.desired, 3);
  });

  it("refuses what cannot or must not be cloned", async () => {
    project.add("api", 1, { host: { PortBindings: { "80/tcp": [{ HostPort: "8080" }] } } });
    project.add("db", 1, { labels: {} });
    await assert.rejects(target.scale("api", 2), /publishes a fixed host port/);
    await assert.rejects(target.scale("db", 2), /no container labelled/);
    for (const count of [0, -1, 1.5, NaN]) await assert.rejects(target.scale("api", count), ScaleRefused);
    assert.deepEqual(project.created, []);
  });
});
