import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiServer, insidePod } from "./api-server";
import { FakeApiServer, sliceOf } from "./api-server.fixture";
import { Follower } from "./follower";
import { replicasOf } from "./slices";

describe("Follower", function () {
  this.timeout(60_000);
  let folder: string;
  let server: FakeApiServer;
  let follower: Follower;
  let said: string[];
  let token: string;
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "follower-"));
    server = await FakeApiServer.start(folder);
    said = [];
    token = "first";
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await running;
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  function follow(services = ["api", "web"]): void {
    const api = new ApiServer({ host: "127.0.0.1", port: server.port, ca: server.ca, token: () => token });
    follower = new Follower(api, { namespace: "shop", services, say: (line) => said.push(line) });
    running = follower.run(stop.signal);
  }

  const known = () => follower.slices && replicasOf(follower.slices, "api", 3001);
  const api = (...addresses: string[]) =>
    sliceOf(
      "api-1",
      "api",
      3001,
      addresses.map((address) => ({ address })),
    );

  async function until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!holds()) {
      assert.ok(Date.now() < deadline, `not within 20 s: ${what}; it said: ${said.join("; ")}`);
      await sleep(10);
    }
  }
  const knows = (...addresses: string[]) => until(`knows ${addresses.join()}`, () => known()?.join() === addresses.join());

  it("knows nothing until it has read everything, then every change: new, changed and deleted slices", async () => {
    server.put(api("10.0.0.1"));
    follow();
    assert.equal(known(), undefined);
    await knows("10.0.0.1");
    server.put(sliceOf("api-2", "api", 3001, [{ address: "10.0.0.2" }]));
    await knows("10.0.0.1", "10.0.0.2");
    server.put(sliceOf("foreign", "other", 3001, [{ address: "10.9.9.9" }]));
    server.put(api("10.0.0.3"));
    await knows("10.0.0.2", "10.0.0.3");
    server.remove("api-1");
    await knows("10.0.0.2");
    assert.deepEqual(
      [...new Set(server.asked)],
      ["list", "watch"].map((verb) => `GET ${verb} /apis/discovery.k8s.io/v1/namespaces/shop/endpointslices`),
    );
    assert.deepEqual(said, []);
  });

  it("goes on from where it was when a watch ends, without reading everything again", async () => {
    server.put(api("10.0.0.1"));
    follow();
    await knows("10.0.0.1");
    await until("watches", () => server.asked.length === 2);
    server.bookmark();
    server.endWatches();
    server.put(api("10.0.0.2"));
    await knows("10.0.0.2");
    assert.deepEqual(
      server.asked.map((line) => line.split(" ")[1]),
      ["list", "watch", "watch"],
    );
  });

  it("reads everything anew when the history is gone", async () => {
    server.put(api("10.0.0.1"));
    follow();
    await knows("10.0.0.1");
    await until("watches", () => server.asked.length === 2);
    server.endWatches();
    server.put(api("10.0.0.2"));
    server.put(sliceOf("foreign", "other", 3001, []));
    server.forget();
    await knows("10.0.0.2");
    assert.deepEqual(server.asked.map((line) => line.split(" ")[1]).slice(0, 4), ["list", "watch", "watch", "list"]);
    assert.deepEqual(said, []);
  });

  it("keeps what it knows while the API server is away, says so once, and believes nobody else", async () => {
    server.put(api("10.0.0.1"));
    follow();
    await knows("10.0.0.1");
    const { port } = server;
    await server.stop();
    await until("notices", () => said.some((line) => line.includes("ECONNREFUSED")));
    await sleep(2000);
    assert.deepEqual(known(), ["10.0.0.1"]);
    server = await FakeApiServer.start(folder, port);
    // Another certificate than the one that is trusted: whoever answers is not believed.
    await until("notices", () => said.some((line) => /certificate|self-signed/.test(line)));
    assert.deepEqual(known(), ["10.0.0.1"]);
    const lines = said.filter((line) => line.includes("ECONNREFUSED"));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^goes on with the replicas it knows, because /);
  });

  it("catches up after connections were cut", async () => {
    server.put(api("10.0.0.1"));
    follow();
    await knows("10.0.0.1");
    await until("watches", () => server.asked.length === 2);
    server.cut();
    server.put(api("10.0.0.2"));
    await knows("10.0.0.2");
    await until("says that it is over", () => said.at(-1) === "the API server answers again");
  });

  it("uses the token of the moment, and says why it is not let in", async () => {
    server.token = "second";
    follow();
    await until("is refused", () => said.includes("knows no replicas, because the API server answers 401: Unauthorized"));
    token = "second";
    server.put(api("10.0.0.1"));
    await knows("10.0.0.1");
    await until("says that it is over", () => said.at(-1) === "the API server answers again");
  });

  it("says what permission is missing", async () => {
    const message = 'endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:shop:x" cannot list resource';
    server.refusal = { code: 403, message };
    follow();
    await until("is refused", () => said.length > 0);
    await sleep(1000);
    assert.deepEqual(said, [`knows no replicas, because the API server answers 403: ${message}`]);
    assert.ok(server.asked.length < 6, `asked ${server.asked.length} times`);
  });
});

describe("insidePod", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "account-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("finds the API server and the pod's namespace, and reads the token anew each time", () => {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of [
      ["ca.crt", "CA\n"],
      ["namespace", "shop\n"],
      ["token", "one\n"],
    ] as const)
      writeFileSync(join(folder, name), text);
    const { apiServer, namespace } = insidePod({ KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" }, folder);
    assert.deepEqual([apiServer.host, apiServer.port, apiServer.ca, namespace], ["10.96.0.1", 443, "CA", "shop"]);
    assert.equal(apiServer.token(), "one");
    writeFileSync(join(folder, "token"), "two\n");
    assert.equal(apiServer.token(), "two");
  });

  it("says where it is not", () => {
    assert.throws(() => insidePod({}, folder), /KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are missing: this is no pod/);
    assert.throws(() => insidePod({ KUBERNETES_SERVICE_HOST: "x", KUBERNETES_SERVICE_PORT: "1" }, folder), /ENOENT.*ca\.crt/);
  });
});
