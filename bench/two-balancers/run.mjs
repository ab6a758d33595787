// npm run bench:two-balancers: rolls a new image of the balancer out under load, on two nodes and as seen by somebody who knows only one,
// and writes what failed into README.md. Linux and root: the nodes are Docker engines in network namespaces.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildImages } from "../../images/build.mjs";
import { build, ensureDependencies } from "../../scripts/local/dependencies.mjs";
import { main } from "../../scripts/local/deploy.mjs";
import { ensureEngine } from "../../toolchain/docker/engine.mjs";
import { ensureBaseImage } from "../../toolchain/images/base.mjs";
import { paths } from "../../toolchain/paths.mjs";
import { must } from "../../toolchain/process.mjs";
import { busyMachine, table, today, writeResults } from "../readme.mjs";

/** Requests a second. */
const RATE = 100;

/** Seconds of load before and after a rollout. */
const AROUND = 10;

/** Milliseconds after which an unanswered request has failed; many, because both nodes and the client share one machine. */
const TIMEOUT = 15_000;

/** The balancer's image and another one of the same content, so that what is measured is the exchange alone. @param {string} folder */
async function images(folder) {
  const { host, clientBin } = await ensureEngine({ home: paths().engine });
  const { nginx } = await buildImages({ host, clientBin, base: await ensureBaseImage({ host, clientBin }), only: ["nginx"] });
  if (nginx === undefined) throw new Error("the image nginx was not built");
  const other = "testbro/nginx:another";
  const docker = (/** @type {string[]} */ args, input = "") =>
    must(clientBin, ["-H", host, ...args], { what: `docker ${args[0]}`, timeout: 300_000, ...(input ? { input } : {}) });
  await docker(["build", "--quiet", "--tag", other, "-"], `FROM ${nginx}\nLABEL release=another\n`);
  const archive = join(folder, "images.tar");
  await docker(["save", "--output", archive, nginx, other]);
  return { names: [nginx, other], archive };
}

/** The time in which requests failed, in seconds. @param {import("../../test/load/report.js").LoadReport} report */
function gap({ failures }) {
  const times = failures.map(({ sentAt }) => Date.parse(sentAt));
  return times.length === 0 ? "-" : `${((Math.max(...times) - Math.min(...times)) / 1000 + 1 / RATE).toFixed(2)} s`;
}

main(async () => {
  await ensureDependencies();
  await build();
  const { CLIENTS, ADDRESSES, onTwoNodes } = await import("./nodes.mjs");
  const { PORT, rollOut, startClient, startServices, waitForBoth } = await import("./balancer.mjs");
  const folder = mkdtempSync(join(tmpdir(), "testbro-two-"));
  try {
    const { names, archive } = await images(folder);
    const rows = await onTwoNodes(async (manager, nodes) => {
      for (const node of nodes) await node("load", "--quiet", "--input", archive);
      const caFile = await startServices(manager, names[0], join(folder, "client"));
      await waitForBoth(CLIENTS, ADDRESSES, caFile);
      const rows = [];
      let turn = 0;
      for (const [who, addresses] of [
        ["both nodes", ADDRESSES],
        ["one node", ADDRESSES.slice(0, 1)],
      ]) {
        for (const mode of ["fresh", "keep-alive"]) {
          const options = {
            url: `https://localhost:${PORT}`,
            caFile,
            addresses,
            allowRemote: true,
            rate: RATE,
            seconds: 900,
            timeout: TIMEOUT,
            mode,
          };
          const client = await startClient(CLIENTS, { ...options, get: ["/"], post: "/", postShare: 0.2 });
          await sleep(AROUND * 1000);
          const started = Date.now();
          await rollOut(manager, names[++turn % 2]);
          const took = (Date.now() - started) / 1000;
          await sleep(AROUND * 1000);
          const report = await client.stop();
          const kinds = Object.entries(report.failedByKind).map(([kind, count]) => `${count} ${kind}`);
          rows.push([
            who,
            mode,
            `${report.sent} in ${Math.round(report.seconds)} s`,
            `${report.failed}${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}`,
            gap(report),
            `${report.latency?.p99} / ${report.latency?.max}`,
            `${took.toFixed(0)} s`,
          ]);
          console.log(rows.at(-1)?.join(" | "));
          for (const failure of report.failures.slice(0, 3)) console.log(JSON.stringify(failure));
        }
      }
      return rows;
    });
    const heading = ["Clients know", "Connections", "Requests", "Failed", "Failures within", "p99 / max ms", "Both replaced in"];
    const note = `Measured on ${today()} with \`npm run bench:two-balancers\`: ${busyMachine()}, both nodes and the client on it.`;
    await writeResults(import.meta.url, `${note}\n\n${table(heading, rows)}`);
    console.log("\nResults: bench/two-balancers/README.md");
    if (rows.some(([who, , , failed]) => who === "both nodes" && failed !== "0")) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
