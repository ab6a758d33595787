import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { hashApiKey, newApiKey } from "@testbro/components/load-balancer/nginx";
import { renderTraefik, type TraefikOptions, type TraefikRoute } from "@testbro/components/load-balancer/traefik";
import { engineAt } from "@testbro/discovery/dist/engine";
import type { DiscoveryOptions } from "@testbro/discovery/dist/server";
import { View } from "@testbro/discovery/dist/view";
import { ask, tally } from "./ask";
import { DiscoveryServer } from "./discovery-server";
import { freePorts } from "./nginx";
import type { Replica } from "./replica";
import type { Traefik } from "./traefik";
import { until, withTraefik } from "./traefik-fixture";

const STACK = { "com.docker.stack.namespace": "testbro" };

/** A service of an engine that is not there: its labels, and the addresses of its replicas. */
interface FakeService {
  labels: Record<string, string>;
  addresses: string[];
}

describe("traefik: discovery", function () {
  this.timeout(180_000);
  const balancer = withTraefik();
  let engine: Server;
  let discovery: DiscoveryServer;
  let services: Record<string, FakeService>;
  let options: Omit<DiscoveryOptions, "tls">;
  const socket = () => join(discovery.folder, "engine.sock");

  before(async () => {
    discovery = new DiscoveryServer();
    engine = createServer((question, response) => {
      const path = question.url?.split("?")[0] ?? "";
      const entries = Object.entries(services);
      const lists: Record<string, unknown> = {
        "/services": entries.map(([name, { labels }]) => ({ ID: name, Spec: { Name: name, Labels: { ...STACK, ...labels } } })),
        "/networks": [{ Id: "edge", Name: "testbro-edge-0a1b2c3", Labels: STACK }],
        "/tasks": entries.flatMap(([name, { addresses }]) =>
          addresses.map((address, index) => ({
            ...{ ID: `${name}-${address}`, ServiceID: name, Slot: index + 1, DesiredState: "running", Status: { State: "running" } },
            NetworksAttachments: [{ Network: { ID: "edge" }, Addresses: [`${address}/24`] }],
          })),
        ),
      };
      response.end(JSON.stringify(lists[path]));
    });
    engine.listen(socket());
    await once(engine, "listening");
  });
  after(() => {
    engine.close();
    discovery.remove();
  });
  beforeEach(() => {
    services = {};
  });
  afterEach(() => discovery.stop());

  /** A Traefik that gets its routes and replicas from a discovery in this process, as on a Swarm. */
  async function start(
    routes: TraefikRoute[],
    keys: DiscoveryOptions["keys"] = {},
  ): Promise<{ traefik: Traefik; port: number; labels: Labels }> {
    const [port = 0] = await freePorts(1);
    const endpoint = `https://127.0.0.1:${port}`;
    const told: Omit<TraefikOptions, "routes" | "tls"> = {
      limits: { perClient: false },
      discovery: { endpoint, refresh: 0.5 },
      source: { endpoint: `${endpoint}/configuration`, refresh: 0.5 },
      keyService: `${endpoint}/keys`,
      client: discovery.files,
    };
    const render = (some: TraefikRoute[]) => renderTraefik({ ...told, tls: false, routes: some });
    const { labels, dynamicText } = render(routes);
    for (const [name, own] of Object.entries(labels)) services[name] = { labels: own, addresses: services[name]?.addresses ?? [] };
    const view = new View(engineAt(socket()), { project: "testbro", network: "testbro-edge" });
    options = { view, configuration: () => dynamicText, keys };
    await discovery.start(options, port);
    // The file's own routes are for the fixture to see that it runs; those of the test come from the discovery.
    const ready: TraefikRoute = { name: "ready", path: "/ready-for-the-test", respond: { status: 410 } };
    const traefik = await balancer.start({ ...told, hosts: ["ready.test"], routes: [ready] });
    return { traefik, port, labels };
  }
  type Labels = Record<string, Record<string, string>>;

  async function seen(traefik: Traefik, count: number, path = "/"): Promise<Record<string, number>> {
    const answers: string[] = [];
    for (let index = 0; index < count; index += 1) answers.push(String((await ask(traefik, path)).headers["x-replica"]));
    return tally(answers);
  }

  const status = async (traefik: Traefik, path = "/", headers = {}) => (await ask(traefik, path, { headers })).status;

  function app(replicas: Replica[], more: object = {}): TraefikRoute {
    return { name: "app", path: "/", to: { discovered: "testbro-app", port: replicas[0]?.port ?? 0 }, strategy: "round-robin", ...more };
  }

  it("uses new replicas, forgets those that left, answers 503 while there is none, and needs no restart", async () => {
    const replicas = await balancer.replicas(3);
    const { traefik } = await start([app(replicas)]);
    const service = services["testbro-app"] as FakeService;
    await until("the route is known", async () => (await status(traefik)) === 503);
    service.addresses = ["127.0.1.1", "127.0.1.2"];
    await until("both are used", async () => Object.keys(await seen(traefik, 4)).length === 2 && (await status(traefik)) === 200);
    service.addresses = ["127.0.1.2", "127.0.1.3"];
    await until("the new one is used", async () => "127.0.1.3" in (await seen(traefik, 4)));
    assert.deepEqual(await seen(traefik, 10), { "127.0.1.2": 5, "127.0.1.3": 5 });
    service.addresses = [];
    await until("nobody is left", async () => (await status(traefik)) === 503);
    service.addresses = ["127.0.1.1"];
    await until("one is back", async () => (await status(traefik)) === 200);
  });

  it("a replica that leaves while it still serves costs no request", async () => {
    const replicas = await balancer.replicas(2);
    const { traefik } = await start([app(replicas, { strategy: "auto" })]);
    const service = services["testbro-app"] as FakeService;
    service.addresses = ["127.0.1.1", "127.0.1.2"];
    await until("both are used", async () => Object.keys(await seen(traefik, 8)).length === 2);
    const statuses: number[] = [];
    let asking = true;
    const asked = (async () => {
      while (asking) statuses.push((await ask(traefik, "/", { method: statuses.length % 2 ? "POST" : "GET" })).status);
    })();
    service.addresses = ["127.0.1.2"];
    const before = replicas[0]?.seen.length ?? 0;
    await until("it gets nothing more", async () => {
      const count = replicas[0]?.seen.length ?? 0;
      await seen(traefik, 10);
      return (replicas[0]?.seen.length ?? 0) === count && count >= before;
    });
    await replicas[0]?.kill();
    await seen(traefik, 20);
    asking = false;
    await asked;
    assert.deepEqual(tally(statuses.map(String)), { "200": statuses.length });
  });

  it("takes changed routes without a restart, and goes on with what it knows while the discovery is away", async () => {
    const replicas = await balancer.replicas(1);
    const { traefik, port } = await start([app(replicas)]);
    (services["testbro-app"] as FakeService).addresses = ["127.0.1.1"];
    await until("it serves", async () => (await status(traefik)) === 200);
    await discovery.stop();
    const gone = Date.now();
    while (Date.now() - gone < 2000) assert.equal(await status(traefik), 200);
    const { dynamicText } = renderTraefik({ tls: false, routes: [{ name: "app", path: "/", respond: { status: 410 } }] });
    options = { ...options, configuration: () => dynamicText };
    await discovery.start(options, port);
    await until("the new route holds", async () => (await status(traefik)) === 410, 20);
  });

  it("labels open no route: those of another service, or with a rule, are not seen", async () => {
    const replicas = await balancer.replicas(1);
    const { traefik, labels } = await start([app(replicas, { path: "/app" })]);
    const addresses = ["127.0.1.1"];
    const port = String(replicas[0]?.port);
    services = {
      "testbro-app": { labels: { ...labels["testbro-app"], "traefik.http.routers.evil.rule": "PathPrefix(`/`)" }, addresses },
      "testbro-sly": { labels: { "traefik.enable": "true", "traefik.http.services.sly.loadbalancer.server.port": port }, addresses },
      "other-app": { labels: { ...STACK, "com.docker.stack.namespace": "other", "traefik.enable": "true" }, addresses },
    };
    await until("it serves", async () => (await status(traefik, "/app")) === 200);
    // 421 is the fixture's own route, which knows one host.
    for (const path of ["/", "/evil", "/sly"]) assert.ok([404, 421].includes(await status(traefik, path)), path);
    for (const host of ["testbro-sly", "testbro-app"]) assert.ok([404, 421].includes((await ask(traefik, "/", { host })).status), host);
  });

  it("has API keys judged, each for its route, and nobody comes in while nobody judges", async () => {
    const replicas = await balancer.replicas(1);
    const key = newApiKey("ci");
    const apiKeys = [{ id: "ci", hash: hashApiKey(key) }];
    const { traefik } = await start([app(replicas, { access: { apiKeys } })], { app: apiKeys });
    (services["testbro-app"] as FakeService).addresses = ["127.0.1.1"];
    await until("it serves", async () => (await status(traefik, "/", { "x-api-key": key })) === 200);
    assert.equal(replicas[0]?.headers["x-api-client"], "ci");
    assert.equal(replicas[0]?.headers["x-api-key"], undefined);
    for (const wrong of ["", "ci", newApiKey("ci"), newApiKey("x")]) assert.equal(await status(traefik, "/", { "x-api-key": wrong }), 401);
    await discovery.stop();
    assert.ok((await status(traefik, "/", { "x-api-key": key })) >= 500);
  });
});
