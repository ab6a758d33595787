import assert from "node:assert/strict";
import { renderTraefik, type TraefikOptions, type TraefikRoute } from "@testbro/components/load-balancer/traefik";
import { ApiServer } from "@testbro/discovery/dist/kubernetes/api-server";
import { FakeApiServer, sliceOf, type FakeEndpoint } from "@testbro/discovery/dist/kubernetes/api-server.fixture";
import { asText, type Configuration } from "@testbro/discovery/dist/configuration";
import { fill } from "@testbro/discovery/dist/kubernetes/fill";
import { Follower } from "@testbro/discovery/dist/kubernetes/follower";
import { ask, tally } from "./ask";
import { DiscoveryServer } from "./discovery-server";
import { freePorts } from "./nginx";
import type { Replica } from "./replica";
import type { Traefik } from "./traefik";
import { until, withTraefik } from "./traefik-fixture";

describe("traefik: replicas by endpoints", function () {
  this.timeout(180_000);
  const balancer = withTraefik();
  let discovery: DiscoveryServer;
  let api: FakeApiServer;
  let stop: AbortController;
  let following: Promise<void> | undefined;

  before(() => {
    discovery = new DiscoveryServer();
  });
  after(() => discovery.remove());
  beforeEach(async () => {
    api = await FakeApiServer.start(discovery.folder);
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await following;
    await discovery.stop();
    await api.stop();
  });

  /** A Traefik that gets its routes, with replicas in them, from a discovery in this process, as on Kubernetes. */
  async function start(routes: TraefikRoute[], begin = true): Promise<{ traefik: Traefik; follow: () => void }> {
    const [port = 0] = await freePorts(1);
    const endpoint = `https://127.0.0.1:${port}`;
    const told: Omit<TraefikOptions, "routes" | "tls"> = {
      limits: { perClient: false },
      source: { endpoint: `${endpoint}/configuration`, refresh: 0.5, replicas: true },
      client: discovery.files,
    };
    const { dynamicText, filled } = renderTraefik({ ...told, tls: false, routes });
    const server = new ApiServer({ host: "127.0.0.1", port: api.port, ca: api.ca, token: () => "first" });
    const services = [...new Set(Object.values(filled).map(({ workload }) => workload))];
    const follower = new Follower(server, { namespace: "shop", services, say: () => undefined });
    const follow = (): void => {
      following = follower.run(stop.signal);
    };
    if (begin) follow();
    const configuration = JSON.parse(dynamicText) as Configuration;
    await discovery.start({ configuration: () => follower.slices && asText(fill(configuration, filled, follower.slices)), keys: {} }, port);
    // The file's own routes are for the fixture to see that it runs; those of the test come from the discovery.
    const own: TraefikRoute = { name: "own", path: "/ready-for-the-test", respond: { status: 410 } };
    const traefik = await balancer.start({ ...told, hosts: ["ready.test"], routes: [own] });
    return { traefik, follow };
  }

  const status = async (traefik: Traefik) => (await ask(traefik, "/")).status;

  async function seen(traefik: Traefik, count: number): Promise<Record<string, number>> {
    const answers: string[] = [];
    for (let index = 0; index < count; index += 1) answers.push(String((await ask(traefik, "/")).headers["x-replica"]));
    return tally(answers);
  }

  function app(replicas: Replica[], more: object = {}): TraefikRoute {
    return { name: "app", path: "/", to: { discovered: "testbro-app", port: replicas[0]?.port ?? 0 }, strategy: "round-robin", ...more };
  }

  const endpoints = (replicas: Replica[], service: string, list: FakeEndpoint[]) =>
    api.put(sliceOf(`${service}-x`, service, replicas[0]?.port ?? 0, list));
  const [one, two, three] = ["127.0.1.1", "127.0.1.2", "127.0.1.3"].map((address) => ({ address })) as [
    FakeEndpoint,
    FakeEndpoint,
    FakeEndpoint,
  ];

  it("uses what is ready, leaves out what is about to stop, answers 503 while there is nobody, and needs no restart", async () => {
    const replicas = await balancer.replicas(3);
    const { traefik } = await start([app(replicas)]);
    await until("the route is known", async () => (await status(traefik)) === 503);
    endpoints(replicas, "testbro-app", [one, two, { ...three, ready: false }]);
    await until("both are used", async () => Object.keys(await seen(traefik, 4)).length === 2 && (await status(traefik)) === 200);
    endpoints(replicas, "testbro-app", [{ ...one, ready: false, serving: true, terminating: true }, two, three]);
    await until("the new one is used", async () => three.address in (await seen(traefik, 4)));
    assert.deepEqual(await seen(traefik, 10), { [two.address]: 5, [three.address]: 5 });
    api.remove("testbro-app-x");
    await until("nobody is left", async () => (await status(traefik)) === 503);
    endpoints(replicas, "testbro-app", [one]);
    await until("one is back", async () => (await status(traefik)) === 200);
    assert.deepEqual(
      traefik.errors.filter((line) => !line.includes("does not exist")),
      [],
    );
  });

  it("a replica that leaves while it still serves costs no request", async () => {
    const replicas = await balancer.replicas(2);
    const { traefik } = await start([app(replicas, { strategy: "auto" })]);
    endpoints(replicas, "testbro-app", [one, two]);
    await until("both are used", async () => Object.keys(await seen(traefik, 8)).length === 2);
    const statuses: number[] = [];
    let asking = true;
    const asked = (async () => {
      while (asking) statuses.push((await ask(traefik, "/", { method: statuses.length % 2 ? "POST" : "GET" })).status);
    })();
    endpoints(replicas, "testbro-app", [{ ...one, ready: false, serving: true, terminating: true }, two]);
    await until("it gets nothing more", async () => {
      const count = replicas[0]?.seen.length ?? 0;
      await seen(traefik, 10);
      return (replicas[0]?.seen.length ?? 0) === count;
    });
    await replicas[0]?.kill();
    await seen(traefik, 20);
    asking = false;
    await asked;
    assert.deepEqual(tally(statuses.map(String)), { "200": statuses.length });
  });

  it("turns to the backup while the workload before it has no replica", async () => {
    const [replica] = await balancer.replicas(1);
    const to = { discovered: "testbro-app", port: replica?.port ?? 0 };
    const spare = { discovered: "testbro-spare", port: replica?.port ?? 0, backup: true };
    const { traefik } = await start([{ name: "app", path: "/", to: [to, spare], healthCheck: { path: "/" } }]);
    endpoints(replica ? [replica] : [], "testbro-spare", [one]);
    await until("the backup answers", async () => (await status(traefik)) === 200);
    api.remove("testbro-spare-x");
    await until("nobody is left", async () => (await status(traefik)) === 503);
  });

  it("is not ready before it has routes, and stays so while the discovery or the API server is away", async () => {
    const replicas = await balancer.replicas(1);
    endpoints(replicas, "testbro-app", [one]);
    const { traefik, follow } = await start([app(replicas)], false);
    // Routes of a file tell it too, so those of the fixture have to go.
    traefik.place("routes", "{}");
    const ready = async () => (await fetch(`http://127.0.0.1:${traefik.ports.status}/ready`)).status;
    await until("the file's routes are gone", async () => (await ready()) === 404);
    assert.equal((await fetch(`http://127.0.0.1:${traefik.ports.status}/ping`)).status, 200);
    follow();
    await until("it has its routes", async () => (await ready()) === 200 && (await status(traefik)) === 200);
    api.cut();
    await discovery.stop();
    const gone = Date.now();
    while (Date.now() - gone < 2000) assert.deepEqual([await status(traefik), await ready()], [200, 200]);
  });
});
