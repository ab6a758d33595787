import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfiguration, writeConfiguration } from "./configuration.mjs";
import { Docker } from "./docker.mjs";
import { FailureWatch } from "./failures.mjs";
import { checkPorts } from "./ports.mjs";
import { describeStatus, loginsOf, overall, serviceStatus } from "./status.mjs";

describe("the local stack's configuration file", () => {
  let folder, file;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "testbro-spec-"));
    file = join(folder, "Pulumi.local.yaml");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("adds the images built here", async () => {
    await writeConfiguration(file, { nginx: "example/nginx:1" }, false);
    assert.match(readFileSync(file, "utf8"), /nginx: example\/nginx:1/);
    assert.doesNotMatch(readFileSync(file, "utf8"), /suspended/);
  });

  it("keeps the encryption salt, and the images where no new ones are given", async () => {
    writeFileSync(file, "encryptionsalt: v1:abc\nconfig:\n  testbro:images: { nginx: example/nginx:7 }\n");
    await writeConfiguration(file, {}, true);
    const text = readFileSync(file, "utf8");
    for (const expected of [/encryptionsalt: v1:abc/, /example\/nginx:7/, /testbro:suspended: true/]) assert.match(text, expected);
  });

  it("drops an image that is no longer built", async () => {
    writeFileSync(file, "config:\n  testbro:images: { old: example/old:1 }\n");
    await writeConfiguration(file, { nginx: "example/nginx:1" }, false);
    assert.doesNotMatch(readFileSync(file, "utf8"), /old/);
  });

  it("is read with the schema's defaults below it and --config arguments above it", async () => {
    writeFileSync(file, "config:\n  testbro:httpsPort: 8443\n");
    assert.deepEqual(await readConfiguration(file, []), { name: "testbro", httpPort: 80, httpsPort: 8443, loadBalancer: "nginx" });
    const args = ["--config", "testbro:httpsPort=9443", "-c", "name=trial", "--config=testbro:httpPort=9080"];
    assert.deepEqual(await readConfiguration(file, args), { name: "trial", httpPort: 9080, httpsPort: 9443, loadBalancer: "nginx" });
  });
});

describe("checkPorts", () => {
  let server, port;
  beforeEach(async () => {
    server = createServer();
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = server.address().port;
  });
  afterEach(() => server.close());
  const docker = (containers, host = "unix:///engine.sock") => ({ host, list: async () => containers });

  it("names key, port and fix of a port that something else holds", async () => {
    await assert.rejects(checkPorts(docker([]), { name: "testbro", httpPort: 1, httpsPort: port }), (error) => {
      assert.match(error.message, new RegExp(`^testbro:httpsPort: port ${port} is taken .*Fix: `));
      return true;
    });
  });

  it("lets the stack's own balancer hold it", async () => {
    await checkPorts(docker([{ Names: "testbro-nginx.1.abc", Ports: `0.0.0.0:${port}->8443/tcp` }]), {
      name: "testbro",
      httpPort: 1,
      httpsPort: port,
    });
  });

  it("does not ask this machine about another one's ports", async () => {
    await checkPorts(docker([], "ssh://elsewhere"), { name: "testbro", httpPort: 1, httpsPort: port });
  });
});

describe("Docker", () => {
  it("asks once for the tasks of all services, and tells whose each is", async () => {
    const docker = new Docker("unix:///nowhere", "docker");
    const asked = [];
    docker.list = async (args) => {
      asked.push(args.slice(3));
      return [{ Name: "testbro-web.1" }, { Name: " \\_ testbro-web.1" }, { Name: "testbro-agent.k3x9" }];
    };
    assert.deepEqual(await docker.tasks([]), []);
    assert.deepEqual(
      (await docker.tasks(["testbro-web", "testbro-agent"])).map(({ service, task }) => [service, task.Name]),
      [
        ["testbro-web", "testbro-web.1"],
        ["testbro-web", "testbro-web.1"],
        ["testbro-agent", "testbro-agent.k3x9"],
      ],
    );
    assert.deepEqual(asked, [["testbro-web", "testbro-agent"]]);
  });
});

describe("FailureWatch", () => {
  const before = { ID: "old", Name: "web.1", CurrentState: "Failed 3 hours ago", Error: "long ago" };
  const failing = { ID: "new", Name: "web.2", CurrentState: "Failed 1 second ago", Error: "task: non-zero exit (1)" };

  /** An engine whose tasks are what `tasks` holds at the time. */
  const engine = (tasks) => ({
    services: async () => [{ Name: "testbro-web" }],
    tasks: async (services) => services.flatMap((service) => tasks.map((task) => ({ service, task }))),
    attempt: async () => ({ stdout: "cannot open database\n", stderr: "" }),
  });

  it("tells the first task that failed after it began, with error and log", async () => {
    const tasks = [before];
    const watch = new FailureWatch(engine(tasks), "testbro");
    await watch.start();
    tasks.unshift(failing, { ...failing, ID: "newer", Error: "a later one" });
    await watch.stop();
    const [text, ...more] = watch.describe();
    assert.equal(more.length, 0);
    for (const expected of [/testbro-web/, /web\.2/, /non-zero exit \(1\)/, /cannot open database/]) assert.match(text, expected);
  });

  it("tells a replica that was stopped as unhealthy and shut down in good order", async () => {
    const tasks = [];
    const health = { Status: "unhealthy", FailingStreak: 6, Log: [{ ExitCode: 1, Output: "answered 500\n" }] };
    const said = (args) => (args.includes("task") ? "c0ffee\n" : args.includes("c0ffee") ? JSON.stringify(health) : "starting\n");
    const attempt = async (args) => ({ code: 0, stdout: said(args), stderr: "" });
    const watch = new FailureWatch({ ...engine(tasks), attempt }, "testbro");
    await watch.start();
    tasks.push({ ID: "polite", Name: "web.1", CurrentState: "Complete 1 second ago", Error: "" });
    await watch.stop();
    assert.match(
      watch.describe()[0] ?? "",
      /web\.1 failed: unhealthy: .* 6 times in a row, last with exit code 1: answered 500\n.*\n {4}starting/,
    );
  });

  it("leaves jobs alone, which are meant to end", async () => {
    const tasks = [];
    const job = { ...engine(tasks), services: async () => [{ Name: "testbro-migration", Mode: "replicated job" }] };
    const watch = new FailureWatch(job, "testbro");
    await watch.start();
    tasks.push({ ID: "done", Name: "migration.1", CurrentState: "Complete 1 second ago", Error: "" });
    await watch.stop();
    assert.deepEqual(watch.describe(), []);
  });

  it("says nothing where nothing failed", async () => {
    const watch = new FailureWatch(engine([before]), "testbro");
    await watch.start();
    await watch.stop();
    assert.deepEqual(watch.describe(), []);
  });
});

describe("status", () => {
  const docker = (services, unhealthy = []) => ({ services: async () => services, list: async () => unhealthy });

  it("counts a replica that fails its check as running but not healthy", async () => {
    const services = [{ Name: "testbro-web", Replicas: "2/3 (max 5 per node)" }];
    const unhealthy = [{ Labels: "a=b,com.docker.swarm.service.name=testbro-web" }, { Labels: "com.docker.swarm.service.name=other" }];
    assert.deepEqual(await serviceStatus(docker(services, unhealthy), "testbro"), [
      { name: "testbro-web", desired: 3, running: 2, healthy: 1 },
    ]);
  });

  it("is healthy only when something runs and all of it is healthy", () => {
    const good = { name: "a", desired: 2, running: 2, healthy: 2 };
    assert.equal(overall([good], {}, "/ca").healthy, true);
    assert.equal(overall([good, { ...good, healthy: 1 }], {}, "/ca").healthy, false);
    assert.equal(overall([], {}, "/ca").healthy, false);
  });

  it("shows a person services, addresses and how to trust the authority", () => {
    const status = overall(
      [{ name: "testbro-web", desired: 2, running: 1, healthy: 1 }],
      { urls: { app: "https://localhost/" } },
      "/state/ca.pem",
    );
    const text = describeStatus(status);
    for (const expected of [/testbro-web +1\/2 +1 of 2 healthy/, /app +https:\/\/localhost\//, /--cacert \/state\/ca\.pem/])
      assert.match(text, expected);
  });

  it("shows logins where they were asked for, and only those there are", () => {
    const logins = loginsOf({ dashboardLogin: { user: "admin", password: "p" }, autoscalerToken: "t" });
    assert.deepEqual(logins, { dashboard: { user: "admin", password: "p" }, autoscaler: { password: "t" } });
    assert.deepEqual(loginsOf({}), {});
    const text = describeStatus({ ...overall([], {}, "/ca"), logins });
    assert.match(text, /^dashboard +admin +p$/m);
    assert.match(text, /^autoscaler +- +t$/m);
  });
});
