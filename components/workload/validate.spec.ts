import assert from "node:assert/strict";
import fc from "fast-check";
import { soundWorkload } from "./fixture.spec";
import type { Workload } from "./types";
import { describeProblems, validate } from "./validate";

const health = (live: object) => ({ health: { live } as unknown as Workload["health"] });
const http = { port: "http", path: "/health" };
const limits = (cpu: unknown, memory: unknown, reserved: object = { cpu: "100m", memory: "64Mi" }) =>
  ({ resources: { limits: { cpu, memory }, reservations: reserved } }) as Partial<Workload>;

/** What is spoilt, where the problem has to be, and what of the value its message has to name. */
const BAD: [what: string, changes: Partial<Workload>, path: string, names: string][] = [
  ["no image", { image: "" }, "web.image", "missing"],
  ["a probe of an unknown port", health({ tcp: { port: "grpc" } }), "web.health.live.port", '"grpc"'],
  ["a readiness probe of an unknown port", { health: { live: { http }, ready: { tcp: { port: "x" } } } }, "web.health.ready.port", '"x"'],
  ["a startup probe of an unknown port", { health: { live: { http }, startup: { tcp: { port: "y" } } } }, "web.health.startup.port", '"y"'],
  ["a service that observes its node", { observesNode: true }, "web.observesNode", "every node"],
  ["a port of the nodes that is none", { scrapesNodes: [0] }, "web.scrapesNodes", "0"],
  ["a path without a slash", health({ http: { port: "http", path: "health" } }), "web.health.live.http.path", '"health"'],
  ["an empty command", health({ exec: [] }), "web.health.live.exec", "empty"],
  ["no interval", health({ http, interval: 0 }), "web.health.live.interval", "0"],
  ["a negative timeout", health({ http, timeout: -1 }), "web.health.live.timeout", "-1"],
  ["no retries", health({ http, retries: 0 }), "web.health.live.retries", "0"],
  ["an interval that is no number", health({ http, interval: NaN }), "web.health.live.interval", "NaN"],
  ["a negative start period", health({ http, startPeriod: -5 }), "web.health.live.startPeriod", "-5"],
  ["no CPU limit", limits(undefined, "128Mi"), "web.resources.limits.cpu", "missing"],
  ["no memory limit", limits(1, undefined), "web.resources.limits.memory", "missing"],
  ["no CPU reservation", limits(1, "128Mi", { memory: "64Mi" }), "web.resources.reservations.cpu", "missing"],
  ["a zero CPU limit", limits(0, "128Mi"), "web.resources.limits.cpu", "zero"],
  ["a zero memory limit", limits(1, "0Mi"), "web.resources.limits.memory", "zero"],
  ["a malformed CPU", limits("one", "128Mi"), "web.resources.limits.cpu", '"one"'],
  ["a malformed memory", limits(1, "128MB"), "web.resources.limits.memory", '"128MB"'],
  ["more CPU reserved than allowed", limits("50m", "128Mi"), "web.resources.reservations.cpu", "100m"],
  ["more memory reserved than allowed", limits(1, "32Mi"), "web.resources.reservations.memory", "64Mi"],
  [
    "no process at all",
    {
      resources: { limits: { cpu: 1, memory: "128Mi", pids: 0 }, reservations: { cpu: "100m", memory: "64Mi" } },
    },
    "web.resources.limits.pids",
    "0",
  ],
  ["a negative number of replicas", { scale: { replicas: -1 } }, "web.scale.replicas", "-1"],
  ["half a replica", { scale: { replicas: 1.5 } }, "web.scale.replicas", "1.5"],
  ["a lower bound of zero", { scale: { min: 0, max: 2 } }, "web.scale.min", "0"],
  ["an upper bound that is no number", { scale: { min: 1, max: NaN } }, "web.scale.max", "NaN"],
  ["a lower bound above the upper", { scale: { min: 5, max: 2 } }, "web.scale.min", "5"],
  ["a CPU target of zero", { scale: { min: 1, max: 2, cpu: 0 } }, "web.scale.cpu", "0"],
  ["an absurd memory target", { scale: { min: 1, max: 2, memory: 5000 } }, "web.scale.memory", "5000"],
  ["a negative request target", { scale: { min: 1, max: 2, requestsPerSecond: -3 } }, "web.scale.requestsPerSecond", "-3"],
  ["a zero queue target", { scale: { min: 1, max: 2, queue: 0 } }, "web.scale.queue", "0"],
  ["a quantile above 1", { scale: { min: 1, max: 2, latency: { quantile: 99, seconds: 1 } } }, "web.scale.latency", "99"],
  ["a latency of zero", { scale: { min: 1, max: 2, latency: { quantile: 0.99, seconds: 0 } } }, "web.scale.latency", "0"],
  ["an auto-scaled database", { kind: "stateful", scale: { min: 1, max: 2 } }, "web.scale", "stateful"],
  ["a monitor that sees nothing", { update: { monitor: 60 } }, "web.update.monitor", "60"],
  ["no parallelism", { update: { parallelism: 0 } }, "web.update.parallelism", "0"],
  ["a negative delay", { update: { delay: -1 } }, "web.update.delay", "-1"],
  ["a grace within the drain", { stop: { drain: 30, grace: 30 } }, "web.stop.grace", "30"],
  ["a drain shorter than balancers need", { stop: { drain: 1 } }, "web.stop.drain", "1"],
  ["a negative drain", { stop: { drain: -4, grace: 10 } }, "web.stop.drain", "-4"],
  ["port 0", { ports: [{ name: "http", container: 0 }] }, "web.ports[0].container", "0"],
  ["port 65536", { ports: [{ name: "http", container: 65536 }] }, "web.ports[0].container", "65536"],
  ["a published port that is none", { ports: [{ name: "http", container: 80, publish: { port: -1 } }] }, "web.ports[0].publish.port", "-1"],
  [
    "the same port name twice",
    {
      ports: [
        { name: "http", container: 80 },
        { name: "http", container: 81 },
      ],
    },
    "web.ports[1].name",
    '"http"',
  ],
  ["metrics on an unknown port", { metrics: { port: "metrics" } }, "web.metrics.port", '"metrics"'],
  ["a relative file", { files: { "etc/x": { content: "" } } }, "web.files", '"etc/x"'],
  ["a relative secret", { secrets: { password: { name: "p" } } }, "web.secrets", '"password"'],
  ["a volume at a folder's name with a slash", { volumes: [{ name: "data", path: "/data/" }] }, "web.volumes.data.path", '"/data/"'],
  ["a volume of no size", { volumes: [{ name: "data", path: "/data", size: 0 }] }, "web.volumes.data.size", "0"],
  ["a volume of a malformed size", { volumes: [{ name: "data", path: "/data", size: "10GB" }] }, "web.volumes.data.size", '"10GB"'],
  ["a writable root", { security: { user: { uid: 1, gid: 1 }, writable: ["/"] } }, "web.security.writable", '"/"'],
  [
    "a writable directory of no size",
    { security: { user: { uid: 1, gid: 1 }, writable: [{ path: "/tmp", size: "0Mi" }] } },
    "web.security.writable.size",
    "0Mi",
  ],
  [
    "a writable directory of a malformed size",
    { security: { user: { uid: 1, gid: 1 }, writable: [{ path: "/tmp", size: "64MB" }] } },
    "web.security.writable.size",
    '"64MB"',
  ],
  ["root", { security: { user: { uid: 0, gid: 10 } } }, "web.security.user.uid", "0"],
  ["root's group", { security: { user: { uid: 10, gid: 0 } } }, "web.security.user.gid", "0"],
];

describe("validate", () => {
  it("finds nothing wrong with a sound workload", () => assert.deepEqual(validate("web", soundWorkload()), []));

  for (const [what, changes, path, names] of BAD) {
    it(`refuses ${what}: one problem, at ${path}, naming the value and a fix`, () => {
      const problems = validate("web", soundWorkload(changes));
      assert.deepEqual(
        problems.map((problem) => problem.path),
        [path],
      );
      assert.ok(problems[0]?.message.includes(names), problems[0]?.message);
      assert.notEqual(problems[0]?.fix, "");
    });
  }

  for (const name of ["", "Web", "1web", "web_app", "web-", "-web", "w".repeat(41), "wéb"]) {
    it(`refuses the name "${name}"`, () => {
      const [problem, ...more] = validate(name, soundWorkload());
      assert.deepEqual(more, []);
      assert.ok(problem?.message.includes(`"${name}"`));
    });
  }

  it("takes a name of 40 characters", () => assert.deepEqual(validate("w".repeat(40), soundWorkload()), []));

  it("reports all problems at once, whichever they are", () => {
    // Independent ones: each spoils another field of the workload.
    const fields = new Set<string>();
    const independent = BAD.filter(([, changes]) => {
      const key = Object.keys(changes).join();
      // A changed kind alters what other fields may say, and other ports make the probe's port unknown.
      if (fields.has(key) || key.includes("kind") || key === "ports") return false;
      fields.add(key);
      return true;
    });
    assert.ok(independent.length > 8);
    fc.assert(
      fc.property(fc.subarray(independent, { minLength: 1 }), (chosen) => {
        const workload = soundWorkload(Object.assign({}, ...chosen.map(([, changes]) => changes)) as Partial<Workload>);
        const found = validate("web", workload).map((problem) => problem.path);
        assert.deepEqual([...found].sort(), chosen.map(([, , path]) => path).sort());
      }),
    );
  });

  it("never throws on numbers of any kind, and says so wherever one is not finite", () => {
    const number = fc.oneof(fc.integer(), fc.double(), fc.constant(NaN));
    fc.assert(
      fc.property(number, number, number, (min, max, interval) => {
        const problems = validate("web", soundWorkload({ scale: { min, max }, ...health({ http, interval }) }));
        if (!Number.isFinite(min)) assert.ok(problems.some(({ path }) => path === "web.scale.min"));
        if (!(min <= max)) assert.ok(problems.some(({ path }) => path.startsWith("web.scale")));
        if (!(interval > 0)) assert.ok(problems.some(({ path }) => path === "web.health.live.interval"));
      }),
    );
  });
});

describe("describeProblems", () => {
  it("makes one line of each problem: where, what, and the fix", () => {
    const problems = [
      { path: "a.b", message: "3 is odd", fix: "give 4" },
      { path: "c", message: "is missing", fix: "give it" },
    ];
    assert.equal(describeProblems(problems), "a.b: 3 is odd. Fix: give 4.\nc: is missing. Fix: give it.");
  });
});
