// npm run bench:discovery [-- --rounds N] [--only nginx|traefik] [--here]
// How soon a balancer uses a replica that is new, and leaves one that goes, on a real Swarm; written into README.md.
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { build, ensureDependencies } from "../../scripts/local/dependencies.mjs";
import { main } from "../../scripts/local/deploy.mjs";
import { apart, openStack } from "../local-stack.mjs";
import { machine, table, today, writeResults } from "../readme.mjs";

const BALANCERS = ["nginx", "traefik"];

/** Milliseconds between two requests, each on a connection of its own. */
const INTERVAL = 20;

/** Longest time that a replica may take to start, or to go, seconds. */
const PATIENCE = 90;

/** Asks who answers, again and again, and remembers when each replica got its first and its last request. */
class Asker {
  /** Milliseconds since 1970, by replica. @type {Map<string, {first: number, last: number}>} */
  seen = new Map();
  sent = 0;
  /** @type {string[]} */
  failures = [];
  #stopped = false;
  #work;

  /** @param {{json: (path: string) => Promise<any>}} app */
  constructor(app) {
    this.#work = this.#run(app);
  }

  async #run(app) {
    const open = new Set();
    for (let next = Date.now(); !this.#stopped; next += INTERVAL) {
      await sleep(Math.max(0, next - Date.now()));
      const asked = this.#ask(app).finally(() => open.delete(asked));
      open.add(asked);
    }
    await Promise.all(open);
  }

  async #ask(app) {
    const at = Date.now();
    this.sent += 1;
    try {
      const { replica } = await app.json("/api/whoami");
      const { first, last } = this.seen.get(replica) ?? { first: at, last: at };
      this.seen.set(replica, { first: Math.min(first, at), last: Math.max(last, at) });
    } catch (error) {
      this.failures.push(error instanceof Error ? error.message : String(error));
    }
  }

  async stop() {
    this.#stopped = true;
    await this.#work;
  }
}

/**
 * When the engine said something of a container, milliseconds since 1970.
 * @param {import("../../test/swarm/engine").Engine} engine
 * @param {string} container
 * @param {string} event e.g. "health_status: healthy", "kill"
 * @param {number} since milliseconds since 1970
 * @returns {Promise<number | undefined>}
 */
async function told(engine, container, event, since) {
  const range = ["--since", String(Math.floor(since / 1000)), "--until", String(Math.ceil(Date.now() / 1000) + 1)];
  const lines = await engine.lines("events", ...range, "--filter", `container=${container}`, "--format", "{{json .}}");
  const found = lines.map((line) => JSON.parse(line)).find(({ Action }) => Action === event);
  return found && found.timeNano / 1e6;
}

/** One replica that comes and goes. @returns {Promise<{used: number, left: number}>} milliseconds from healthy to the first request, and from SIGTERM to the last */
async function round({ engine, service, eventually, asker }) {
  const backend = service("backend");
  const before = await engine.containers(backend);
  const began = Date.now();
  await engine.docker("service", "scale", "--detach", `${backend}=3`);
  const added = await eventually(PATIENCE, async () => {
    const [found] = (await engine.containers(backend)).filter((id) => !before.includes(id));
    if (!found) throw new Error("no replica was added");
    return found;
  });
  const replica = added.slice(0, 12);
  const first = await eventually(
    PATIENCE,
    async () => asker.seen.get(replica)?.first ?? Promise.reject(new Error(`${replica} gets no request`)),
  );
  const healthy = await told(engine, added, "health_status: healthy", began);
  if (healthy === undefined) throw new Error(`the engine did not say that ${replica} is healthy`);
  await sleep(5000);

  const all = await engine.containers(backend);
  const left = Date.now();
  await engine.docker("service", "scale", "--detach", `${backend}=2`);
  const gone = await eventually(PATIENCE, async () => {
    const now = await engine.containers(backend);
    const [found] = all.filter((id) => !now.includes(id));
    if (!found) throw new Error("no replica has gone");
    return found;
  });
  const stopped = await told(engine, gone, "kill", left);
  const last = asker.seen.get(gone.slice(0, 12))?.last;
  if (stopped === undefined || last === undefined) throw new Error(`nothing is known of the end of ${gone}`);
  return { used: first - healthy, left: last - stopped };
}

/** @param {string} balancer @param {number} rounds */
async function measure(balancer, rounds) {
  const { config } = await import("../../test/dist/swarm/configuration.js");
  const { App } = await import("../../test/dist/swarm/app.js");
  const stack = await openStack(config("autoscaler.enabled=false", `loadBalancer=${balancer}`));
  const asker = new Asker(new App(stack.status));
  const results = [];
  try {
    for (let number = 1; number <= rounds; number += 1) {
      const result = await round({ ...stack, asker });
      console.log(
        `${balancer} ${number}/${rounds}: used ${Math.round(result.used)} ms after healthy, left ${Math.round(result.left)} ms after SIGTERM`,
      );
      results.push(result);
    }
  } finally {
    await asker.stop();
  }
  return { balancer, results, sent: asker.sent, failures: asker.failures };
}

/** Least, middle and most of some times, in seconds. @param {number[]} times milliseconds */
function spread(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((time = NaN) => (time / 1000).toFixed(1)).join(" / ");
}

/** @param {Awaited<ReturnType<typeof measure>>[]} rows */
async function write(rows) {
  const heading = ["Balancer", "Rounds", "Healthy → first request, s", "SIGTERM → last request, s", "Requests", "Failed"];
  const cells = rows.map(({ balancer, results, sent, failures }) => [
    ...[balancer, results.length, spread(results.map(({ used }) => used)), spread(results.map(({ left }) => left)), sent, failures.length],
  ]);
  const note = `Measured on ${today()} with \`npm run bench:discovery\`: ${machine()}, client and stack on the same machine. Least / middle / most.`;
  await writeResults(import.meta.url, `${note}\n\n${table(heading, cells)}`);
}

main(async () => {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "5" }, only: { type: "string", default: "" }, here: { type: "boolean" } },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new ToolchainError(`--rounds is "${values.rounds}". Fix: write a whole number above 0.`);
  if (values.only && !BALANCERS.includes(values.only)) throw new ToolchainError(`--only is "${values.only}". Fix: nginx or traefik.`);
  await ensureDependencies();
  await build();
  if (!values.here) {
    process.exitCode = await apart(fileURLToPath(import.meta.url), process.argv.slice(2));
    return;
  }
  const rows = [];
  for (const balancer of values.only ? [values.only] : BALANCERS) rows.push(await measure(balancer, rounds));
  if (!values.only) await write(rows);
  for (const { balancer, failures } of rows) for (const failure of failures.slice(0, 5)) console.log(`${balancer}: FAILED ${failure}`);
  process.exitCode = rows.some(({ failures }) => failures.length > 0) ? 1 : 0;
});
