import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { request, type RequestOptions, type Server as SecureServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineAt } from "./engine";
import { judge } from "./keys";
import { createDiscovery } from "./server";
import { View } from "./view";

const KEY = "ci.0123456789012345678901";
const keys = { machine: [{ id: "ci", hash: createHash("md5").update(KEY).digest("base64url") }] };

describe("judge", () => {
  it("knows whose key it is, for its route alone", () => {
    assert.equal(judge(keys, "machine", KEY), "ci");
    for (const key of [undefined, "", "ci", `${KEY}x`, `cd.${KEY.slice(3)}`, "ci."])
      assert.equal(judge(keys, "machine", key), undefined, key);
    for (const route of ["other", "constructor", "__proto__"]) assert.equal(judge(keys, route, KEY), undefined, route);
    assert.equal(judge({ machine: [{ id: "ci", hash: "" }] }, "machine", KEY), undefined);
  });
});

describe("the discovery server", function () {
  this.timeout(20_000);
  let folder: string;
  let engine: Server;
  let server: SecureServer;
  let asked: string[];
  let broken: boolean;
  let configuration: string | undefined;
  const pem = (name: string) => readFileSync(join(folder, name), "utf8");

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "discovery-"));
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
    for (const authority of ["ca", "foreign"]) {
      openssl("req", "-x509", ...curve, "-subj", `/CN=${authority}`, "-keyout", `${authority}.key`, "-out", `${authority}.pem`);
    }
    for (const [name, authority] of [
      ["server", "ca"],
      ["client", "ca"],
      ["stranger", "foreign"],
    ]) {
      const from = ["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`];
      openssl(
        "req",
        "-x509",
        ...from,
        ...curve,
        "-subj",
        "/CN=x",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        `${name}.key`,
        "-out",
        `${name}.pem`,
      );
    }
    engine = createServer((question, response) => {
      asked.push(`${question.method} ${question.url?.split("?")[0]}`);
      if (broken) return response.writeHead(503).end('{"message":"This node is not a swarm manager."}');
      const labels = { "com.docker.stack.namespace": "testbro", "traefik.enable": "true" };
      const answers: Record<string, unknown> = {
        "/services": [{ ID: "s1", Spec: { Name: "testbro-api", Labels: labels } }],
        "/tasks": [{ ID: "t1", ServiceID: "s1", Slot: 1, DesiredState: "running", Status: { State: "running" } }],
        "/networks": [],
      };
      response.end(JSON.stringify(answers[question.url?.split("?")[0] ?? ""]));
    });
    engine.listen(join(folder, "engine.sock"));
    await once(engine, "listening");
  });
  after(() => {
    engine.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    asked = [];
    broken = false;
    configuration = '{"http":{}}';
    const view = new View(engineAt(join(folder, "engine.sock")), { project: "testbro", network: "testbro-edge" });
    const tls = { cert: pem("server.pem"), key: pem("server.key"), ca: pem("ca.pem") };
    server = createDiscovery({ view, configuration: () => configuration, keys, tls });
    server.listen(0);
    await once(server, "listening");
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  function ask(path: string, options: RequestOptions = {}, client = "client"): Promise<{ status: number; text: string; headers: object }> {
    const tls = { ca: pem("ca.pem"), ...(client ? { cert: pem(`${client}.pem`), key: pem(`${client}.key`) } : {}) };
    return new Promise((resolve, reject) => {
      const { port } = server.address() as { port: number };
      const sent = request({ host: "localhost", port, path, agent: false, ...tls, ...options }, (response) => {
        let text = "";
        response.on("data", (part) => (text += part));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
      });
      sent.on("error", reject);
      sent.end();
    });
  }

  it("answers in the engine's words what Traefik asks", async () => {
    assert.equal((await ask("/_ping", { method: "HEAD" })).status, 200);
    assert.equal((JSON.parse((await ask("/v1.44/version")).text) as { ApiVersion: string }).ApiVersion, "1.44");
    assert.match((await ask("/v1.44/services")).text, /"Name":"testbro-api"/);
    const filters = (id: string) =>
      `/v1.44/tasks?filters=${encodeURIComponent(JSON.stringify({ service: { [id]: true }, "desired-state": { running: true } }))}`;
    assert.match((await ask(filters("s1"))).text, /"ID":"t1"/);
    assert.equal((await ask(filters("s2"))).text, "[]");
    assert.equal((await ask("/v1.44/networks?filters=x")).text, "[]");
    assert.equal((await ask("/configuration")).text, '{"http":{}}');
    assert.ok(asked.every((line) => line.startsWith("GET ")));
  });

  it("answers nothing else, and lets nothing through to the engine", async () => {
    for (const path of [
      "/v1.44/secrets",
      "/v1.44/containers/json",
      "/v1.44/nodes/x",
      "/info",
      "/v1.44/services/s1",
      "/v1.44//services/../secrets",
    ]) {
      assert.equal((await ask(path)).status, 404, path);
    }
    for (const method of ["POST", "DELETE", "PUT", "PATCH"]) assert.equal((await ask("/v1.44/services", { method })).status, 405, method);
    assert.equal((await ask(`/${"x".repeat(3000)}`)).status, 405);
    assert.equal((await ask("/v1.44/tasks?filters=notjson")).status, 502);
    assert.deepEqual(asked, []);
  });

  it("gives no configuration as long as it is not known", async () => {
    configuration = undefined;
    const unknown = await ask("/configuration");
    assert.deepEqual([unknown.status, unknown.text], [503, '{"message":"not everything is known yet"}']);
  });

  it("serves nobody without a certificate of its own authority", async () => {
    await assert.rejects(ask("/configuration", {}, ""));
    await assert.rejects(ask("/configuration", {}, "stranger"));
  });

  it("judges API keys", async () => {
    assert.equal((await ask("/keys/machine", { headers: { "X-API-Key": "ci.wrong" } })).status, 401);
    const good = await ask("/keys/machine", { headers: { "X-API-Key": KEY } });
    assert.deepEqual([good.status, (good.headers as Record<string, string>)["x-api-client"]], [204, "ci"]);
    assert.equal((await ask("/keys/other", { headers: { "X-API-Key": KEY } })).status, 401);
  });

  it("says what the engine says when it fails", async () => {
    broken = true;
    const failed = await ask("/v1.44/services");
    assert.equal(failed.status, 502);
    assert.match(failed.text, /the engine answers 503: .*not a swarm manager/);
  });
});
