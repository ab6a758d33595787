// A step of load on a real Docker Compose project, up and down again.
import { setTimeout as sleep } from "node:timers/promises";
import { ComposeProject, TARGET } from "../../test/dist/autoscaling/compose-project.js";
import { startLoadProcess } from "../../test/dist/load/index.js";

/** Requests per second before and after the step, and added by it. */
const LOW = 4;
const HIGH = 3 * TARGET;
/** Longer than a leaving container drains. */
const DRAIN_SECONDS = 12;

export const COMPOSE_TITLE = `\`docker compose\` project: step of ${LOW} → ${LOW + HIGH} requests/s and back, by request rate (target ${TARGET} a replica)`;

/** Repeats a look until it is as wanted. @param {number} seconds @param {() => Promise<boolean>} look @returns {Promise<number>} when it was */
async function until(seconds, look) {
  for (const end = Date.now() + seconds * 1000; ; await sleep(1000)) {
    if (await look()) return Date.now();
    if (Date.now() > end) throw new Error(`not within ${seconds} s`);
  }
}

/** @returns {Promise<import("./scenarios.mjs").Row>} */
export async function composeStep() {
  const project = await ComposeProject.up();
  if (!project) throw new Error("There is no `docker compose` here, and Debian's package of it cannot be fetched.");
  const startedAt = new Date().toISOString();
  const common = { url: project.url, caFile: project.caFile, seconds: 3600, get: ["/"] };
  const low = startLoadProcess({ ...common, rate: LOW });
  const reports = [];
  const wrong = [];
  let seen = "";
  const healthy = async () => (await project.replicas()).filter(({ Health }) => Health === "healthy").length;
  try {
    await sleep(15_000);
    const from = Date.now();
    const high = startLoadProcess({ ...common, rate: HIGH });
    const third = await until(120, async () => (await healthy()) > 2);
    await sleep(40_000);
    const top = await healthy();
    if (top < 4) wrong.push(`only ${top} replicas`);
    reports.push(await high.stop());
    const ended = Date.now();
    const back = await until(400, async () => (await project.replicas()).length === 2);
    await sleep(DRAIN_SECONDS * 1000);
    const seconds = (/** @type {number} */ start, /** @type {number} */ end) => `${Math.round((end - start) / 1000)} s`;
    seen = `2 → ${top} → 2 containers; a third one healthy after ${seconds(from, third)}, back at 2 ${seconds(ended, back)} after the load`;
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  } finally {
    reports.push(await low.stop());
    await project.down();
  }
  const count = (/** @type {"sent" | "failed"} */ key) => reports.reduce((sum, report) => sum + report[key], 0);
  return { scenario: "compose", title: COMPOSE_TITLE, startedAt, sent: count("sent"), failed: count("failed"), seen, wrong };
}
