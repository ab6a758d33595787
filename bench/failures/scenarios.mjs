// What is done to a stack while it is under load.
import { setTimeout as sleep } from "node:timers/promises";
import { App } from "../../test/dist/swarm/app.js";
import { config, imagesWith } from "../../test/dist/swarm/configuration.js";

/** What may stand in front of the app. @typedef {"nginx" | "traefik"} Balancer */

/**
 * What a scenario works with.
 * @typedef {object} Bench
 * @property {Balancer} balancer
 * @property {import("../../test/swarm/engine").Engine} engine
 * @property {import("../../test/swarm/app").Status} status the stack as it was at the start
 * @property {(end: string) => string} service name of the service that ends so
 * @property {(name: "up" | "preview" | "status" | "down", args?: string[]) => Promise<import("../../test/swarm/commands").Result>} script
 * @property {<T>(seconds: number, check: () => Promise<T> | T) => Promise<T>} eventually
 * @property {number} outageSeconds how long PostgreSQL stays away
 */

/**
 * @typedef {object} Happened
 * @property {string} note what was seen, for the table
 * @property {string[]} [killed] addresses of replicas whose process was killed
 * @property {string[]} [wrong] what should not have been; the run then counts as failed
 */

/**
 * @typedef {object} Scenario
 * @property {string} id
 * @property {string} title
 * @property {string} allowed which failed requests are no defect
 * @property {(bench: Bench) => Promise<Happened>} event resolves when the stack has settled
 * @property {(bench: Bench) => Promise<void>} [restore] after the load has ended
 */

/** The stack as its configuration says. @param {Bench} bench */
async function configured({ script }) {
  const { code, output } = await script("up");
  if (code !== 0) throw new Error(`npm run up failed after the scenario:\n${output}`);
}

/** Waits until a service's tasks all run. @param {Bench} bench @param {string} service @param {number} replicas */
function settled({ engine, eventually }, service, replicas) {
  return eventually(180, async () => {
    const tasks = await engine.tasks(service);
    const running = tasks.filter(({ CurrentState }) => CurrentState.startsWith("Running"));
    if (tasks.length !== replicas || running.length !== replicas) throw new Error(`${service}: ${running.length} of ${replicas} run`);
  });
}

/** Ids of the tasks that are meant to run. @param {Bench} bench @param {string} service */
const taskIds = async ({ engine }, service) => (await engine.tasks(service)).map(({ ID }) => ID);

/** A bad release: `up` has to fail with the cause, and the old replicas have to serve on. @param {string} fault @param {RegExp} cause */
function badRelease(fault, cause) {
  return async (/** @type {Bench} */ bench) => {
    const service = bench.service("backend");
    const started = Date.now();
    const { code, output } = await bench.script("up", config(`backend.env.FAULT=${fault}`, "backend.version=bad"));
    const seconds = Math.round((Date.now() - started) / 1000);
    const wrong = [];
    if (code === 0) wrong.push("npm run up did not fail");
    if (!cause.test(output)) wrong.push(`npm run up did not say ${cause}`);
    // Not exactly two: after a rollback Swarm 20.10 may leave a slot with two replicas until the next update.
    const left = await bench.eventually(180, async () => {
      const tasks = await bench.engine.tasks(service);
      const running = tasks.filter(({ CurrentState }) => CurrentState.startsWith("Running")).length;
      if (running < 2 || running < tasks.length) throw new Error(`${service}: ${running} of ${tasks.length} run`);
      return running;
    });
    const env = await bench.engine.docker("service", "inspect", "--format", "{{json .Spec.TaskTemplate.ContainerSpec.Env}}", service);
    if (env.includes(fault)) wrong.push("the bad release was not rolled back");
    const extra = left > 2 ? `; Swarm left ${left} replicas instead of 2 until the next update` : "";
    return { note: `rolled back; \`up\` failed after ${seconds} s with the task's error${extra}`, wrong };
  };
}

/** @type {Scenario[]} */
export const SCENARIOS = [
  {
    id: "kill",
    title: "SIGKILL of a backend task",
    allowed: "POST in flight on the killed process",
    async event(bench) {
      const service = bench.service("backend");
      const container = await bench.engine.container(service);
      const addresses = await bench.engine.docker(
        "inspect",
        "--format",
        "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}",
        container,
      );
      const started = Date.now();
      await bench.engine.docker("kill", "--signal", "KILL", container);
      await bench.eventually(30, async () => {
        if ((await bench.engine.containers(service)).includes(container)) throw new Error("the task still runs");
      });
      await settled(bench, service, 2);
      return { note: `replaced after ${((Date.now() - started) / 1000).toFixed(1)} s`, killed: addresses.split(" ").filter(Boolean) };
    },
  },
  {
    id: "force",
    title: "`docker service update --force` of the backend",
    allowed: "none",
    async event(bench) {
      const service = bench.service("backend");
      const before = await taskIds(bench, service);
      const started = Date.now();
      await bench.engine.docker("service", "update", "--force", "--quiet", "--detach=false", service);
      await settled(bench, service, 2);
      const left = (await taskIds(bench, service)).filter((id) => before.includes(id));
      return {
        note: `both replicas replaced in ${Math.round((Date.now() - started) / 1000)} s`,
        wrong: left.length > 0 ? ["a replica was not replaced"] : [],
      };
    },
  },
  {
    id: "scale",
    title: "Backend scaled 2 → 4 → 2",
    allowed: "none",
    async event(bench) {
      const service = bench.service("backend");
      await bench.engine.scale(service, 4);
      await settled(bench, service, 4);
      await sleep(15_000);
      await bench.engine.scale(service, 2);
      await settled(bench, service, 2);
      // The replicas that leave drain after the command has returned.
      await sleep(15_000);
      return { note: "15 s on 4 replicas" };
    },
  },
  {
    id: "release",
    title: "New backend image rolled out by `npm run up`",
    allowed: "none",
    async event(bench) {
      const service = bench.service("backend");
      const image = (
        await bench.engine.docker("service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", service)
      ).trim();
      const next = `${image.split("@")[0]}-next`;
      await bench.engine.docker("tag", image, next);
      const before = await taskIds(bench, service);
      const started = Date.now();
      const { code, output } = await bench.script("up", config(...(await imagesWith({ backend: next })), "backend.version=next"));
      const wrong = code === 0 ? [] : [`npm run up failed: ${output.slice(-500)}`];
      if ((await taskIds(bench, service)).some((id) => before.includes(id))) wrong.push("a replica of the old image was left");
      return { note: `\`up\` took ${Math.round((Date.now() - started) / 1000)} s`, wrong };
    },
    restore: configured,
  },
  {
    id: "crashing",
    title: "Backend release that crashes after 3 s",
    allowed: "none",
    event: badRelease("crash-after:3", /FAULT/),
    restore: configured,
  },
  {
    id: "never-healthy",
    title: "Backend release that never gets healthy",
    allowed: "none",
    event: badRelease("never-healthy", /unhealthy/),
    restore: configured,
  },
  {
    id: "postgres",
    title: "PostgreSQL down",
    allowed: "API calls while it is down, answered 503",
    async event(bench) {
      const { engine, eventually, outageSeconds } = bench;
      const [service, backend] = [bench.service("postgres"), bench.service("backend")];
      const before = await taskIds(bench, backend);
      await engine.docker("service", "scale", "--detach", `${service}=0`);
      await sleep(outageSeconds * 1000);
      await engine.scale(service, 1);
      const up = Date.now();
      await eventually(120, async () => {
        for (const container of await engine.containers(backend)) {
          const ask = "fetch('http://127.0.0.1:3001/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1))";
          await engine.docker("exec", container, "node", "-e", ask);
        }
      });
      const seconds = ((Date.now() - up) / 1000).toFixed(1);
      const same = JSON.stringify(await taskIds(bench, backend)) === JSON.stringify(before);
      return {
        note: `away for ${outageSeconds} s; backends ready ${seconds} s after it was healthy again, none restarted`,
        wrong: same ? [] : ["a backend replica was restarted"],
      };
    },
  },
  {
    id: "reload",
    title: "Balancer's routes changed by `npm run up`",
    allowed: "none",
    async event(bench) {
      const service = bench.service(bench.balancer);
      const before = await taskIds(bench, service);
      const started = Date.now();
      const { code, output } = await bench.script("up", config("monitoringAccess=password"));
      const wrong = code === 0 ? [] : [`npm run up failed: ${output.slice(-500)}`];
      const seconds = Math.round((Date.now() - started) / 1000);
      const app = new App(bench.status);
      await bench.eventually(30, async () => {
        const { status } = await app.request("/prometheus/");
        if (status !== 401) throw new Error(`/prometheus/ answers ${status}, not 401`);
      });
      const applied = ((Date.now() - started) / 1000).toFixed(1);
      if (JSON.stringify(await taskIds(bench, service)) !== JSON.stringify(before)) wrong.push("the balancer was replaced");
      return { note: `\`up\` took ${seconds} s, new routes after ${applied} s, same process`, wrong };
    },
    restore: configured,
  },
  {
    id: "balancer",
    title: "The one balancer itself replaced",
    allowed: "what arrives while no balancer listens",
    async event(bench) {
      const service = bench.service(bench.balancer);
      const started = Date.now();
      await bench.engine.docker("service", "update", "--force", "--quiet", "--detach=false", service);
      await settled(bench, service, 1);
      return { note: `host-mode port, so the old one stops first; \`update\` took ${Math.round((Date.now() - started) / 1000)} s` };
    },
  },
];
