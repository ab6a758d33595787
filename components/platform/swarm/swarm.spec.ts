import assert from "node:assert/strict";
import type * as pulumiTypes from "@pulumi/pulumi";
import fc from "fast-check";
import type { Ref, Workload } from "../../workload";
import type { SwarmPlatform as SwarmPlatformType } from "./platform";

interface Recorded {
  type: string;
  name: string;
  inputs: Record<string, never>;
}

/** Input trees are the provider's; the spec reads them by path. */
type Tree = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any

const WEB: Workload = {
  kind: "service",
  image: "example/web:1",
  args: ["--verbose"],
  env: { LEVEL: "info" },
  ports: [
    { name: "http", container: 8000 },
    { name: "metrics", container: 9464 },
  ],
  health: { live: { http: { port: "http", path: "/health" }, interval: 2, timeout: 2, retries: 3, startPeriod: 60 } },
  resources: { limits: { cpu: "1", memory: "256Mi" }, reservations: { cpu: "100m", memory: "128Mi" } },
  scale: { min: 2, max: 5, cpu: 70, memory: 80 },
  security: { user: { uid: 10001, gid: 10002 }, writable: ["/tmp"] },
  stop: { drain: 5, grace: 30 },
};

describe("SwarmPlatform", () => {
  let pulumi: typeof pulumiTypes;
  let SwarmPlatform: typeof SwarmPlatformType;
  let recorded: Recorded[];

  before(async () => {
    pulumi = await import("@pulumi/pulumi");
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs }) => {
          recorded.push({ type, name, inputs });
          return { id: `${name}-id`, state: { name: `${name}-auto`, ...inputs } };
        },
        call: ({ inputs }) => inputs,
      },
      "project",
      "stack",
      false,
    );
    ({ SwarmPlatform } = await import("./platform.js"));
  });

  beforeEach(() => {
    recorded = [];
  });

  /** Runs a workload and waits until every resource is registered. */
  async function run(
    change: Partial<Workload> = {},
    settings = {},
    use?: (platform: SwarmPlatformType) => Partial<Workload>,
  ): Promise<Tree> {
    const platform = new SwarmPlatform("testbro", { singleNode: true, ...settings });
    const ref = platform.declare("web", { ports: { http: 8000 }, segment: "edge" });
    platform.run(ref, { ...WEB, ...change, ...use?.(platform) });
    await pulumi.runtime.disconnect();
    return recorded.find(({ type }) => type === "docker:index/service:Service")?.inputs ?? {};
  }

  const namesOf = (type: string): string[] => recorded.filter((each) => each.type === type).map(({ name }) => name);

  it("creates a service under the name people see, balanced by DNS, with what the auto-scaler may do", async () => {
    const service = await run();
    assert.equal(service.name, "testbro-web");
    assert.deepEqual(service.endpointSpec, { mode: "dnsrr" });
    assert.deepEqual(service.mode, { replicated: { replicas: 2 } });
    const labels = Object.fromEntries((service.labels as { label: string; value: string }[]).map(({ label, value }) => [label, value]));
    assert.deepEqual(labels, {
      "com.docker.stack.namespace": "testbro",
      "autoscaler.enable": "true",
      "autoscaler.min_replicas": "2",
      "autoscaler.max_replicas": "5",
      "autoscaler.target_cpu": "70",
      "autoscaler.target_memory": "80",
    });
  });

  it("puts labels on the service that somebody else gave the workload, its own above them", async () => {
    const service = await run({ labels: { a: "own", b: "own" } }, {}, (platform) => {
      platform.label(platform.declare("web", { segment: "edge" }), { a: "given", "traefik.enable": "true" });
      return {};
    });
    const labels = Object.fromEntries((service.labels as { label: string; value: string }[]).map(({ label, value }) => [label, value]));
    assert.deepEqual([labels["a"], labels["b"], labels["traefik.enable"]], ["own", "own", "true"]);
  });

  it("gives limits and reservations in the units of the engine", async () => {
    const { resources } = (await run()).taskSpec;
    assert.deepEqual(resources.limits, { nanoCpus: 1_000_000_000, memoryBytes: 256 * 2 ** 20 });
    assert.deepEqual(resources.reservation, { nanoCpus: 100_000_000, memoryBytes: 128 * 2 ** 20 });
  });

  it("updates start-first with rollback and watches longer than the health check needs to fail", async () => {
    const service = await run();
    assert.equal(service.updateConfig.order, "start-first");
    assert.equal(service.updateConfig.failureAction, "rollback");
    assert.equal(service.updateConfig.monitor, "17s");
    assert.equal(service.rollbackConfig.order, "start-first");
    assert.ok(service.convergeConfig.timeout);
  });

  it("runs as the given user with a read-only root, no capabilities, and tmpfs where it writes", async () => {
    const spec = (await run()).taskSpec.containerSpec;
    assert.equal(spec.user, "10001:10002");
    assert.equal(spec.readOnly, true);
    assert.deepEqual(spec.capDrops, ["ALL"]);
    assert.equal(spec.stopGracePeriod, "30s");
    assert.deepEqual(
      spec.mounts.map(({ type, target }: Tree) => [type, target]),
      [["tmpfs", "/tmp"]],
    );
    assert.equal(spec.mounts[0].tmpfsOptions.sizeBytes, 64 * 2 ** 20);
  });

  it("checks health by a command with every timing written out", async () => {
    const { healthcheck } = (await run()).taskSpec.containerSpec;
    assert.equal(healthcheck.tests[0], "CMD-SHELL");
    assert.match(healthcheck.tests[1], /http:\/\/127\.0\.0\.1:8000\/health/);
    assert.equal(healthcheck.startPeriod, "1m");
    assert.equal(healthcheck.interval, "2s");
  });

  it("joins its own network, those of whom it talks to, and that of who reads its metrics, by id", async () => {
    const service = await run({}, {}, (platform) => ({
      connects: [platform.declare("store", { segment: "store" })],
      metrics: { port: "metrics", scraper: platform.declare("prometheus", { segment: "monitoring" }) },
    }));
    assert.deepEqual(
      service.taskSpec.networksAdvanceds.map(({ id }: Tree) => id),
      ["testbro-edge-id", "testbro-monitoring-id", "testbro-store-id"],
    );
    const internal = recorded
      .filter(({ type }) => type === "docker:index/network:Network")
      .map(({ name, inputs }) => [name, (inputs as Tree).internal]);
    assert.deepEqual(Object.fromEntries(internal), { "testbro-edge": false, "testbro-monitoring": true, "testbro-store": true });
  });

  it("names a network after its encryption, which cannot be changed in place", async () => {
    await run({}, { encrypted: false });
    assert.deepEqual(namesOf("docker:index/network:Network"), ["testbro-edge-plain"]);
  });

  it("delivers secrets as files of the user, marked secret and encoded, never in the environment", async () => {
    let data: pulumiTypes.Output<string> | undefined;
    const service = await run({}, {}, (platform) => {
      const secret = platform.secret("password", "s3cret") as unknown as { resource: { data: pulumiTypes.Output<string> } };
      data = secret.resource.data;
      return { secrets: { "/run/secrets/password": secret as never } };
    });
    assert.ok(data && (await pulumi.isSecret(data)));
    const [file] = service.taskSpec.containerSpec.secrets;
    assert.deepEqual(
      { ...file, secretName: undefined },
      {
        secretId: "testbro-password-id",
        secretName: undefined,
        fileName: "/run/secrets/password",
        fileUid: "10001",
        fileGid: "10002",
        fileMode: 0o400,
      },
    );
    assert.equal(JSON.stringify(service.taskSpec.containerSpec.env).includes("s3cret"), false);
  });

  it("refuses a secret of another platform, naming the file", () => {
    const platform = new SwarmPlatform("testbro", { singleNode: true });
    const ref = platform.declare("web", { segment: "edge" });
    assert.throws(
      () => platform.run(ref, { ...WEB, secrets: { "/run/secrets/x": { name: "foreign" } } }),
      /web\.secrets\[\/run\/secrets\/x\].*"foreign"/,
    );
  });

  it("gives every file a config of its own, even where two have the same base name, and never a fixed name", async () => {
    const service = await run({ files: { "/etc/a/app.conf": { content: "a" }, "/etc/b/app.conf": { content: "b" } } });
    const configs = recorded.filter(({ type }) => type === "docker:index/serviceConfig:ServiceConfig");
    assert.equal(new Set(configs.map(({ name }) => name)).size, 2);
    assert.ok(configs.every(({ inputs }) => !("name" in inputs)));
    assert.deepEqual(
      service.taskSpec.containerSpec.configs.map(({ fileName }: Tree) => fileName),
      ["/etc/a/app.conf", "/etc/b/app.conf"],
    );
  });

  it("publishes ports on the node itself", async () => {
    const service = await run({
      scale: { replicas: 1 },
      update: { order: "stop-first" },
      ports: [{ name: "http", container: 8000, publish: { port: 443 } }],
    });
    assert.deepEqual(service.endpointSpec.ports, [
      { name: "http", targetPort: 8000, publishedPort: 443, publishMode: "host", protocol: "tcp" },
    ]);
  });

  it("keeps a volume under a name that a later deployment finds again", async () => {
    const service = await run({ kind: "stateful", scale: { replicas: 1 }, volumes: [{ name: "data", path: "/data" }] });
    const volume = recorded.find(({ type }) => type === "docker:index/volume:Volume");
    assert.equal((volume?.inputs as Tree).name, "testbro-web-data");
    assert.equal(service.updateConfig.order, "stop-first");
  });

  it("restarts with a pause, tells a crash from a loop, reaps zombies, and spreads replicas", async () => {
    const { taskSpec } = await run();
    assert.deepEqual(taskSpec.restartPolicy, { condition: "any", delay: "2s", window: "1m", maxAttempts: 0 });
    assert.equal(taskSpec.containerSpec.init, true);
    assert.deepEqual(taskSpec.placement.prefs, ["spread=node.labels.zone"]);
    recorded = [];
    assert.deepEqual((await run({ scale: { replicas: 1 } })).taskSpec.placement.prefs, []);
  });

  it("tells policies what is kept when the stack goes, and hands exemptions to the component", async () => {
    const component = () => recorded.find(({ type }) => type === "testbro:swarm:Workload")?.inputs as Tree;
    await run({
      kind: "stateful",
      scale: { replicas: 1 },
      volumes: [
        { name: "data", path: "/data" },
        { name: "cache", path: "/cache", retain: false },
      ],
      policyExemptions: { "backup-database": "saved elsewhere" },
    });
    const retained = (name: string): boolean => {
      const volume = recorded.find((each) => each.type === "docker:index/volume:Volume" && each.name === name)?.inputs as Tree;
      return volume.labels.some((each: Tree) => each.label === "policy.testbro.ai/retained" && each.value === "true");
    };
    assert.deepEqual([retained("testbro-web-data"), retained("testbro-web-cache")], [true, false]);
    assert.deepEqual(component().policyExemptions, {
      "availability-volume-pinned": "the Swarm has one node, where every volume is",
      "backup-database": "saved elsewhere",
    });
    recorded = [];
    await run({ kind: "stateful", scale: { replicas: 1 } });
    assert.deepEqual(component(), {});
  });

  it("keeps only volumes while suspended", async () => {
    await run(
      { kind: "stateful", scale: { replicas: 1 }, volumes: [{ name: "data", path: "/data" }] },
      { suspended: true },
      (platform) => ({
        secrets: { "/run/secrets/password": platform.secret("password", "x") },
      }),
    );
    const docker = recorded.filter(({ type }) => type.startsWith("docker:"));
    assert.deepEqual(
      docker.map(({ type }) => type),
      ["docker:index/volume:Volume"],
    );
  });

  const refused: [string, Partial<Workload>, RegExp, object?][] = [
    ["a job", { kind: "job", scale: { replicas: 1 } }, /web\.kind/],
    [
      "a process limit",
      { resources: { ...WEB.resources, limits: { ...WEB.resources.limits, pids: 100 } } },
      /web\.resources\.limits\.pids/,
    ],
    ["permissions", { access: [{ resources: ["pods"], verbs: ["list"] }] }, /web\.access/],
    ["a look into the node", { kind: "daemon", observesNode: true }, /web\.observesNode/],
    ["metrics of the nodes themselves", { scrapesNodes: [9100] }, /web\.scrapesNodes/],
    ["reloaded files", { files: { "/etc/x": { content: "", onChange: "reload" } } }, /web\.files\[\/etc\/x\]\.onChange/],
    [
      "two replicas on one published port",
      { scale: { replicas: 2 }, ports: [{ name: "http", container: 8000, publish: { port: 80 } }] },
      /port 80/,
    ],
    [
      "two replicas on one volume",
      { scale: { replicas: 2 }, volumes: [{ name: "data", path: "/data" }] },
      /2 replicas would share one local volume/,
    ],
    [
      "a volume on no particular node",
      { scale: { replicas: 1 }, volumes: [{ name: "data", path: "/data" }] },
      /web\.placement\.labels/,
      { singleNode: false },
    ],
    ["ports that differ from the declaration", { ports: [{ name: "http", container: 9999 }] }, /declared as 8000/],
  ];
  for (const [what, change, message, settings] of refused) {
    it(`refuses ${what}, by name`, () => {
      const platform = new SwarmPlatform("testbro", { singleNode: true, ...settings });
      const ref: Ref = platform.declare("web", { ports: { http: 8000 }, segment: "edge" });
      assert.throws(() => platform.run(ref, { ...WEB, ...change }), message);
    });
  }

  it("reports every problem at once", () => {
    const platform = new SwarmPlatform("testbro", { singleNode: true });
    const ref = platform.declare("web", { segment: "edge" });
    const bad: Workload = { ...WEB, kind: "job", scale: { min: 5, max: 2 }, access: [{ resources: ["pods"], verbs: ["get"] }] };
    assert.throws(
      () => platform.run(ref, bad),
      (error: Error) => ["web.kind", "web.scale.min", "web.access"].every((path) => error.message.includes(path)),
    );
  });
});

describe("duration", () => {
  it("is written as the provider reads it back", async () => {
    const { duration } = await import("./health.js");
    const known: [number, string][] = [
      [0, "0s"],
      [0.5, "500ms"],
      [2, "2s"],
      [60, "1m"],
      [90, "1m30s"],
      [3600, "1h"],
      [3605, "1h0m5s"],
      [3660, "1h1m"],
    ];
    assert.deepEqual(
      known.map(([seconds]) => duration(seconds)),
      known.map(([, text]) => text),
    );
  });

  it("loses nothing", async () => {
    const { duration } = await import("./health.js");
    const secondsOf = (text: string): number => {
      const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };
      return [...text.matchAll(/([\d.]+)(ms|h|m|s)/g)].reduce(
        (sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ""] ?? NaN),
        0,
      );
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000_000 }),
        (milliseconds) => Math.abs(secondsOf(duration(milliseconds / 1000)) - milliseconds / 1000) < 1e-6,
      ),
    );
  });
});
