// npm run bench:failover [-- --only kill,hang] [--here]
// Does to one of three replicas behind the balancer what goes wrong with replicas, once without and once with probes, and writes how
// long it was noticed into README.md. In a network namespace of its own as in the tests; with --here on the engine that is reachable.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, ensureDependencies } from "../../scripts/local/dependencies.mjs";
import { main } from "../../scripts/local/deploy.mjs";
import { inNamespace } from "../../scripts/test/namespace.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { machine, table, today, writeResults } from "../readme.mjs";

/** Milliseconds between two requests. */
const INTERVAL = 20;
/** Seconds of load before, of failure, and at most until the replica is used again. */
const [BEFORE, FAILING, RECOVERY] = [3, 20, 60];
/** Seconds from which a request counts as slowed: a replica that works takes milliseconds. */
const SLOWED = 1;

/** @typedef {import("../../test/load-balancer/replica-process.ts").ReplicaProcess} Replica */

/**
 * What goes wrong, and what puts it right; the latter gives the replica that may be another one.
 * @type {Record<string, {title: string, fail: (replica: Replica) => unknown, mend: (replica: Replica, start: (address: string, port: number) => Promise<Replica>) => unknown}>}
 */
const EVENTS = {
  kill: {
    title: "SIGKILL, started again",
    fail: (replica) => replica.kill(),
    mend: (replica, start) => start(replica.address, replica.port),
  },
  hang: { title: "SIGSTOP, then SIGCONT", fail: (replica) => replica.signal("SIGSTOP"), mend: (replica) => replica.signal("SIGCONT") },
  failing: { title: "Answers 500 to everything", fail: (replica) => replica.behave("failing"), mend: (replica) => replica.behave("well") },
  slow: { title: "Takes 4 s for every answer", fail: (replica) => replica.behave("slow"), mend: (replica) => replica.behave("well") },
};

/** @param {string} event @param {boolean} probes */
async function measure(event, probes) {
  const { Probed } = await import("../../test/dist/load-balancer/probed.js");
  const { NameServer } = await import("../../test/dist/load-balancer/name-server.js");
  const { ReplicaProcess } = await import("../../test/dist/load-balancer/replica-process.js");
  const { SteadyLoad } = await import("../../test/dist/load-balancer/steady-load.js");
  const { title, fail, mend } = EVENTS[event];
  const names = await NameServer.start();
  const replicas = await ReplicaProcess.several(3);
  const [victim] = replicas;
  names.set("app.test", ...replicas.map(({ address }) => address));
  const route = {
    ...{ name: "app", path: "/", to: { host: "app.test", port: victim.port }, timeouts: { read: 5 } },
    healthCheck: probes ? { path: "/health" } : false,
  };
  const limits = { perClient: false };
  const probed = await Probed.start({ routes: [route], resolver: { addresses: [names.address], valid: 1 }, limits });
  try {
    await sleep(4000);
    const load = new SteadyLoad(probed.nginx, INTERVAL);
    await sleep(BEFORE * 1000);
    const failedAt = Date.now();
    await fail(victim);
    await sleep(FAILING * 1000);
    const mendedAt = Date.now();
    const other = await mend(victim, ReplicaProcess.start);
    if (other) replicas.push(other);
    const again = () => load.since(mendedAt).find(({ replica, took }) => replica === victim.address && took < SLOWED * 1000);
    for (const until = mendedAt + RECOVERY * 1000; !again() && Date.now() < until;) await sleep(100);
    const outcomes = await load.stop();
    const after = (/** @type {{at: number}[]} */ some) =>
      some.length ? (Math.max(...some.map(({ at }) => at)) - failedAt) / 1000 : undefined;
    const failed = outcomes.filter(({ result }) => result !== "200");
    const slowed = outcomes.filter(({ took }) => took > SLOWED * 1000);
    const used = again();
    return {
      ...{ title, probes, sent: outcomes.length, failed: failed.length, lastFailed: after(failed) },
      ...{ slowed: slowed.length, lastSlowed: after(slowed), slowest: Math.max(...outcomes.map(({ took }) => took)) / 1000 },
      usedAgain: used && (used.at - mendedAt) / 1000,
    };
  } finally {
    await probed.stop();
    await names.stop();
    for (const replica of replicas) await replica.kill();
  }
}

/** @param {Awaited<ReturnType<typeof measure>>[]} rows */
async function write(rows) {
  const seconds = (/** @type {number | undefined} */ value) => (value === undefined ? "-" : `${value.toFixed(1)} s`);
  const heading = [
    "One of three replicas …",
    "Probes",
    "GETs",
    "Failed",
    "The last after",
    "Slowed",
    "The last after",
    "Longest",
    "Used again after",
  ];
  const cells = rows.map((row) => [
    ...[row.title, row.probes ? "yes" : "no", row.sent, row.failed, seconds(row.lastFailed), row.slowed, seconds(row.lastSlowed)],
    ...[seconds(row.slowest), seconds(row.usedAgain)],
  ]);
  const note = `Measured on ${today()} with \`npm run bench:failover\`: ${machine()}, client, balancer and replicas on the same machine.`;
  await writeResults(import.meta.url, `${note}\n\n${table(heading, cells)}`);
}

main(async () => {
  const { values } = parseArgs({ options: { only: { type: "string", default: "" }, here: { type: "boolean" } } });
  const wanted = values.only ? values.only.split(",") : Object.keys(EVENTS);
  const unknown = wanted.filter((event) => !(event in EVENTS));
  if (unknown.length > 0)
    throw new ToolchainError(`${unknown.join(", ")}: not an event. Fix: name some of ${Object.keys(EVENTS).join(", ")}.`);
  await ensureDependencies();
  await build();
  if (!values.here) {
    process.exitCode = await inNamespace(
      ({ wrap, env }) =>
        new Promise((resolve, reject) => {
          const [program = "", ...args] = wrap([process.execPath, fileURLToPath(import.meta.url), "--here", ...process.argv.slice(2)]);
          spawn(program, args, { env, stdio: "inherit" })
            .on("error", reject)
            .on("close", (code) => resolve(code ?? 1));
        }),
    );
    return;
  }
  const rows = [];
  for (const event of wanted) {
    for (const probes of [false, true]) {
      console.log(`${EVENTS[event].title}, ${probes ? "with" : "without"} probes`);
      const row = await measure(event, probes);
      console.log(`  ${JSON.stringify(row)}`);
      rows.push(row);
    }
  }
  if (wanted.length === Object.keys(EVENTS).length) await write(rows);
});
