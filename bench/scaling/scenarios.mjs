// What the auto-scaler is put through on a real Swarm.
import { setTimeout as sleep } from "node:timers/promises";
import { startLoadProcess } from "../../test/dist/load/index.js";
import { config } from "../../test/dist/swarm/configuration.js";
import { COMPOSE_TITLE, composeStep } from "./compose.mjs";
import { Watch } from "./watch.mjs";

/** @typedef {import("../failures/scenarios.mjs").Bench} Bench */

/**
 * @typedef {object} Row
 * @property {string} scenario
 * @property {string} title
 * @property {string} startedAt ISO 8601
 * @property {number} sent
 * @property {number} failed
 * @property {string} seen
 * @property {string[]} wrong what should not have been
 */

/** Requests per second that one replica is meant to get; little, because client and stack share a machine. */
const TARGET = 20;
/** Requests per second before and after the step, and added by it. The watch itself asks up to 10 times a second. */
const LOW = 5;
const HIGH = 50;
/** CPU per request of the step that is seen by its CPU, milliseconds, and its rate: 0.3 of a core. */
const BURN = { ms: 30, rate: 10 };
/** Longer than a leaving replica drains. */
const DRAIN_SECONDS = 12;

/** Paces that let a scenario come back down within minutes; what goes up by request rates is not paced by any of them. */
const PACES = ["autoscaler.checkInterval=15", "autoscaler.upCooldown=15", "autoscaler.downCooldown=30", "autoscaler.stabilization=30"];
/** By request rate alone: the CPU of a reservation this small says more about a replica's start than about its load. */
const BY_RATE = [...PACES, `backend.scale.requestsPerSecond=${TARGET}`, "backend.scale.cpu=1000"];

const seconds = (from, to) => `${((to - from) / 1000).toFixed(1)} s`;
const title = (id) => SCENARIOS.find((scenario) => scenario.id === id)?.title ?? id;

/** @param {Bench} bench @param {string[]} assignments */
async function configure({ script, engine, service }, assignments) {
  const { code, output } = await script("up", config(...assignments));
  if (code !== 0) throw new Error(`npm run up failed:\n${output}`);
  // What an earlier scenario left behind would take the shipped paces' minutes to go.
  await engine.scale(service("backend"), 2);
}

/** @param {Bench} bench @param {string} path @param {number} rate */
function load({ status }, path, rate) {
  return startLoadProcess({ url: status.urls.app, caFile: status.caFile, seconds: 3600, rate, get: [path] });
}

/** Runs a scenario with a service watched and a little load on it all the time. */
async function watched(id, bench, work) {
  const service = bench.service("backend");
  const startedAt = new Date().toISOString();
  const watch = new Watch(bench, service);
  const low = load(bench, "/api/whoami", LOW);
  /** @type {import("../../test/load").LoadReport[]} */
  const reports = [];
  const wrong = [];
  let seen = "";
  try {
    await watch.until(Date.now(), ({ desired, serving }) => desired === 2 && serving === 2, 240);
    seen = await work({ service, watch, wrong, reports });
    await sleep(DRAIN_SECONDS * 1000);
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  } finally {
    await watch.stop();
    reports.push(await low.stop());
  }
  const count = (key) => reports.reduce((sum, report) => sum + report[key], 0);
  return { scenario: id, title: title(id), startedAt, sent: count("sent"), failed: count("failed"), seen, wrong };
}

/** A step of load up and down again. @param {string} id @param {Bench} bench @param {string[]} assignments @param {string} path @param {number} rate */
async function step(id, bench, assignments, path, rate) {
  await configure(bench, assignments);
  return watched(id, bench, async ({ watch, reports, wrong }) => {
    const from = Date.now();
    const high = load(bench, path, rate);
    const decided = await watch.until(from, ({ desired }) => desired > 2, 180);
    const third = await watch.until(from, ({ serving }) => serving > 2, 120);
    // The count has stood still for as long as a decision and a start take.
    await sleep(40_000);
    const top = Math.max(...watch.looks.filter(({ at }) => at >= from).map(({ desired }) => desired));
    const full = await watch.until(from, ({ serving }) => serving >= top, 120);
    reports.push(await high.stop());
    const ended = Date.now();
    const less = await watch.until(ended, ({ desired }) => desired < top, 400);
    const back = await watch.until(ended, ({ desired, running }) => desired === 2 && running === 2, 400);
    const counts = watch.looks.map(({ desired }) => desired).filter((count, index, all) => count !== all[index - 1]);
    if (top < 4) wrong.push(`only ${top} replicas`);
    return (
      `${counts.join(" → ")} replicas; decided after ${seconds(from, decided.at)}, a third replica served after ${seconds(from, third.at)}, ` +
      `all ${top} after ${seconds(from, full.at)}; first one taken away ${seconds(ended, less.at)} after the load, back at 2 after ${seconds(ended, back.at)}`
    );
  });
}

/** A bad release by hand (so without a deploy's lease) while load rises. @param {string} id @param {Bench} bench @param {boolean} held */
async function badRelease(id, bench, held) {
  await configure(bench, BY_RATE);
  // Without the hold: what a scaler does that does not look at rollouts. Ours stands still for it.
  if (!held) {
    await pause(bench, 20);
    // What it did before it heard of the pause.
    await bench.engine.scale(bench.service("backend"), 2);
  }
  const row = await watched(id, bench, async ({ service, watch, reports, wrong }) => {
    const from = Date.now();
    await bench.engine.docker("service", "update", "--detach", "--quiet", "--env-add", "FAULT=crash-after:3", service);
    await watch.until(from, ({ rollout }) => rollout === "updating", 30);
    const high = load(bench, "/api/whoami", HIGH);
    if (!held) {
      await sleep(3000);
      await bench.engine.docker("service", "scale", "--detach", `${service}=4`);
    }
    const over = await watch.until(from, ({ rollout }) => /^(rollback_completed|rollback_paused|completed|paused)$/.test(rollout), 240);
    // Where the update was cut off there is no end to wait for: what the service has by then is what stays.
    await sleep(30_000);
    const during = watch.looks.filter(({ at, rollout }) => at >= from && at < over.at && /updating|rollback_started/.test(rollout));
    const changed = new Set(during.map(({ desired }) => desired)).size > 1;
    const { bad } = watch.last;
    let grown = "";
    if (held) {
      if (changed) wrong.push("the count was changed during the rollout");
      if (bad) wrong.push("the bad release is still there");
      const enough = await watch.until(over.at, ({ serving }) => serving >= 4, 120);
      grown = `; then grown, 4 replicas serving ${seconds(over.at, enough.at)} later`;
    } else if (!bad) wrong.push("Swarm restored the good release all the same: the hold would not be needed");
    reports.push(await high.stop());
    return `Swarm says ${over.rollout} after ${seconds(from, over.at)}; the service ${bad ? "is left with the bad release" : "has the good release again"}${grown}`;
  });
  if (!held) await resume(bench);
  return row;
}

/** @param {Bench} bench @param {number} minutes */
async function pause(bench, minutes) {
  const container = await bench.engine.container(bench.service("autoscaler"));
  await bench.engine.docker("exec", container, "node", "/app/autoscaler.js", "pause", "*", "--minutes", String(minutes));
}

/** @param {Bench} bench */
async function resume(bench) {
  const container = await bench.engine.container(bench.service("autoscaler"));
  await bench.engine.docker("exec", container, "node", "/app/autoscaler.js", "resume", "*");
}

/**
 * A deploy under load.
 * @param {string} id @param {Bench} bench
 * @param {{early: boolean, more?: string[]}} how `early`: the load came before the deploy; else while it runs
 */
async function deploy(id, bench, { early, more = [] }) {
  await configure(bench, BY_RATE);
  return watched(id, bench, async ({ watch, reports, wrong }) => {
    let high = early ? load(bench, "/api/whoami", HIGH) : undefined;
    if (early) {
      await watch.until(Date.now(), ({ serving }) => serving >= 4, 120);
      await sleep(15_000);
    }
    const before = watch.last.desired;
    const from = Date.now();
    const up = bench.script("up", [...config(...BY_RATE, `backend.version=${id}`), ...more]);
    if (!early) {
      await watch.until(from, ({ rollout }) => rollout === "updating", 200);
      high = load(bench, "/api/whoami", HIGH);
    }
    const { code, output } = await up;
    const ended = Date.now();
    if (code !== 0) wrong.push(`npm run up failed: ${output.slice(-300)}`);
    const lowest = watch.looks.filter(({ at }) => at >= from).reduce((least, look) => (look.desired < least.desired ? look : least));
    const enough = await watch.until(ended, ({ serving }) => serving >= 4, 120);
    reports.push(await high.stop());
    if (early && more.length === 0 && lowest.desired < before)
      wrong.push(`the deploy lowered the count from ${before} to ${lowest.desired}`);
    const restored = watch.looks.find(({ at, desired }) => at > lowest.at && desired >= before);
    const lowered =
      lowest.desired < before ? `lowered to ${lowest.desired} for ${restored ? seconds(lowest.at, restored.at) : "good"}` : "never lowered";
    return `${before} replicas before; ${lowered} in the ${seconds(from, ended)} of \`up\`; 4 or more serving ${seconds(ended, enough.at)} after it`;
  });
}

/** `harmful`: what it shows is that requests fail. @type {{id: string, title: string, harmful?: boolean, run: (bench: Bench) => Promise<Row>}[]} */
export const SCENARIOS = [
  {
    id: "rate",
    title: `Step of ${LOW} → ${LOW + HIGH} requests/s and back, by request rate (target ${TARGET} a replica)`,
    run: (bench) => step("rate", bench, BY_RATE, "/api/whoami", HIGH),
  },
  {
    id: "cpu",
    title: `Step of ${BURN.rate} requests/s of ${BURN.ms} ms CPU and back, by CPU (target 70 % of 0.1 core, looked at every 15 s)`,
    run: (bench) => step("cpu", bench, PACES, `/api/burn?ms=${BURN.ms}`, BURN.rate),
  },
  { id: "release-held", title: "Bad release while load rises, with the hold", run: (bench) => badRelease("release-held", bench, true) },
  {
    id: "release-unheld",
    title: "Bad release while load rises, scaled in the middle as without the hold",
    harmful: true,
    run: (bench) => badRelease("release-unheld", bench, false),
  },
  {
    id: "up-before",
    title: "`npm run up` with a new release, scaled before it",
    run: (bench) => deploy("up-before", bench, { early: true }),
  },
  {
    id: "up-during",
    title: "`npm run up` with a new release, load rises in the middle",
    run: (bench) => deploy("up-during", bench, { early: false }),
  },
  {
    id: "up-unrefreshed",
    title: "The same, scaled before it, from a project that does not refresh",
    run: (bench) => deploy("up-unrefreshed", bench, { early: true, more: ["--refresh=false"] }),
  },
  { id: "compose", title: COMPOSE_TITLE, run: composeStep },
];
