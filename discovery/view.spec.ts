import assert from "node:assert/strict";
import { draw, View } from "./view";

const options = { project: "testbro", network: "testbro-edge" };
const stack = { "com.docker.stack.namespace": "testbro" };

function service(id: string, labels: Record<string, string>) {
  return {
    ID: id,
    Spec: { Name: `testbro-${id}`, Labels: labels, TaskTemplate: { ContainerSpec: { Env: ["PASSWORD=secret"], Image: "x" } } },
  };
}

function task(id: string, of: string, more: object = {}) {
  const networks = [
    { Network: { ID: "edge" }, Addresses: ["10.0.1.5/24"] },
    { Network: { ID: "data" }, Addresses: ["10.0.2.5/24"] },
  ];
  return {
    ID: id,
    ServiceID: of,
    NodeID: "n",
    Slot: 1,
    DesiredState: "running",
    Status: { State: "running" },
    NetworksAttachments: networks,
    ...more,
  };
}

const networks = [
  { Id: "edge", Name: "testbro-edge-0a1b2c3", Labels: stack },
  { Id: "data", Name: "testbro-data-0a1b2c3", Labels: stack },
  { Id: "odd", Name: "testbro-edge-data-0a1b2c3", Labels: stack },
  { Id: "foreign", Name: "testbro-edge", Labels: { "com.docker.stack.namespace": "other" } },
];
const enabled = { ...stack, "traefik.enable": "true", "traefik.http.services.api.loadbalancer.server.port": "3001" };

describe("draw", () => {
  it("shows labelled services of the stack, and of them names and the labels that say how to choose", () => {
    const services = [
      service("api", { ...enabled, "traefik.http.routers.evil.rule": "PathPrefix(`/`)", secret: "x", "traefik.http.middlewares.a.x": "y" }),
      service("silent", stack),
      service("foreign", { ...enabled, "com.docker.stack.namespace": "other" }),
      service("off", { ...enabled, "traefik.enable": "false" }),
    ];
    const { services: shown } = draw(services, [], networks, options);
    assert.deepEqual(shown, [
      {
        ID: "api",
        Spec: {
          Name: "testbro-api",
          Labels: { "traefik.enable": "true", "traefik.http.services.api.loadbalancer.server.port": "3001" },
          Mode: { Replicated: {} },
          EndpointSpec: { Mode: "dnsrr" },
        },
      },
    ]);
    assert.doesNotMatch(JSON.stringify(shown), /secret|evil|Env/);
  });

  it("shows replicas that run and are to go on running, with their address on the one network", () => {
    const tasks = [
      task("good", "api"),
      task("leaving", "api", { DesiredState: "shutdown" }),
      task("starting", "api", { Status: { State: "starting" } }),
      task("other", "silent"),
      task("bare", "api", { NetworksAttachments: null }),
    ];
    const picture = draw([service("api", enabled), service("silent", stack)], tasks, networks, options);
    assert.deepEqual(
      picture.tasks.map((each) => (each as unknown as { ID: string }).ID),
      ["good", "bare"],
    );
    assert.deepEqual((picture.tasks[0] as unknown as { NetworksAttachments: unknown }).NetworksAttachments, [
      { Network: { ID: "edge" }, Addresses: ["10.0.1.5/24"] },
    ]);
    assert.deepEqual(picture.networks, [{ Id: "edge", Name: "testbro-edge-0a1b2c3", Driver: "overlay", Scope: "swarm" }]);
  });

  it("takes whatever an engine leaves out", () => {
    assert.deepEqual(draw([{}, { Spec: {} }], [{}, { Status: {} }], [{}], options), { services: [], tasks: [], networks: [] });
  });
});

describe("View", () => {
  it("looks once for questions that belong together, and again after that", async () => {
    const asked: string[] = [];
    let time = 0;
    const view = new View(
      (path) => Promise.resolve((asked.push(path), [])),
      options,
      () => time,
    );
    await Promise.all([view.picture(), view.picture()]);
    time = 150;
    await view.picture();
    assert.equal(asked.length, 3);
    assert.ok(asked.every((path) => /^\/(services|tasks|networks)\?filters=/.test(path)));
    time = 500;
    await view.picture();
    assert.equal(asked.length, 6);
  });

  it("passes the engine's trouble on, and asks anew at the next question", async () => {
    let fails = true;
    const view = new View(
      () => (fails ? Promise.reject(new Error("no engine")) : Promise.resolve([])),
      options,
      () => 0,
    );
    await assert.rejects(view.picture(), /no engine/);
    fails = false;
    assert.deepEqual((await view.picture()).services, []);
  });

  it("goes on with what a round of questions began with when the engine fails in between, for some seconds", async () => {
    let fails = false;
    let time = 0;
    const view = new View(
      () => (fails ? Promise.reject(new Error("no engine")) : Promise.resolve([])),
      options,
      () => time,
    );
    await assert.rejects(new View(() => Promise.reject(new Error("no engine")), options).continued(), /no engine/);
    assert.equal(view.readAt, undefined);
    const begun = await view.picture();
    assert.equal(view.readAt, 0);
    fails = true;
    time = 5000;
    await assert.rejects(view.picture(), /no engine/);
    assert.equal(await view.continued(), begun);
    time = 20_000;
    await assert.rejects(view.continued(), /no engine/);
  });
});
