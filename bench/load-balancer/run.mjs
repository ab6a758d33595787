// npm run bench:load-balancer [-- --rounds N] [-- --seconds N] [-- --only a,b] [-- --against a,b] [--costs] [--here] [--list]
// Measures the balancer beside others, in a network namespace of its own (with --here on the Docker engine that is reachable), and
// writes what was measured into README.md and results.json when everything was.
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, ensureDependencies } from "../../scripts/local/dependencies.mjs";
import { main } from "../../scripts/local/deploy.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { inOwnNamespace } from "../local-stack.mjs";
import { machine, writeResults } from "../readme.mjs";
import { CASES, takesPart } from "./cases.mjs";

/** Rounds and seconds of the results that are kept. */
const [ROUNDS, SECONDS] = [5, 2];

function options() {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: String(ROUNDS) },
        seconds: { type: "string", default: String(SECONDS) },
        only: { type: "string" },
        against: { type: "string" },
        costs: { type: "boolean" },
        here: { type: "boolean" },
        list: { type: "boolean" },
      },
    });
    return { ...values, rounds: whole("rounds", values.rounds), seconds: whole("seconds", values.seconds) };
  } catch (error) {
    throw error instanceof ToolchainError ? error : new ToolchainError(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} name @param {string} value */
function whole(name, value) {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new ToolchainError(`--${name} is "${value}". Fix: write a whole number above 0.`);
}

/** The ones that are named, or all. @template {{id: string}} T @param {readonly T[]} all @param {string | undefined} names @param {string} what */
function choose(all, names, what) {
  if (names === undefined) return [...all];
  const wanted = names.split(",");
  const unknown = wanted.filter((name) => !all.some(({ id }) => id === name));
  if (unknown.length === 0) return all.filter(({ id }) => wanted.includes(id));
  throw new ToolchainError(`${unknown.join(", ")}: not a ${what}. Fix: name some of ${all.map(({ id }) => id).join(", ")}.`);
}

main(async () => {
  const { rounds, seconds, only, against, costs, here, list } = options();
  if (list) return void CASES.forEach(({ id, title }) => console.log(`${id.padEnd(22)} ${title}`));
  await ensureDependencies();
  await build();
  const { renderNginx } = await import("@testbro/components/load-balancer/nginx");
  const { renderTraefik } = await import("@testbro/components/load-balancer/traefik");
  const { contenders } = await import("./contenders.mjs");
  const { COST_CASES, describeCosts, withoutParts } = await import("./costs.mjs");
  const cases = choose(CASES, only ?? (costs ? COST_CASES.join(",") : undefined), "case");
  const [own, ...others] = costs ? withoutParts(renderNginx) : contenders(renderNginx, renderTraefik);
  if (!own) throw new Error("no balancer of ours");
  const wanted = choose(others, against, "balancer");
  if (!here) {
    process.exitCode = await inOwnNamespace(fileURLToPath(import.meta.url), process.argv.slice(2));
    return;
  }
  const { Laboratory } = await import("./laboratory.mjs");
  const { measure } = await import("./generators.mjs");
  const { describe, write } = await import("./results.mjs");

  const laboratory = await Laboratory.open();
  // Containers would outlive the program.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void laboratory.close().finally(() => process.exit(1)));
  try {
    const running = [];
    const missing = [];
    for (const contender of [own, ...wanted]) {
      const reason = laboratory.missing[contender.id];
      if (reason) missing.push(`${contender.title}: ${reason}`);
      else running.push(await laboratory.start(contender));
    }
    /** @type {import("./results.mjs").Results["measured"]} */
    const measured = Object.fromEntries(cases.map(({ id }) => [id, {}]));
    const started = new Date();
    for (let round = 0; round < rounds; round++) {
      for (const one of cases) {
        const taking = running.filter(({ contender }) => takesPart(one, contender, own.id));
        // Each round begins with another one, so that none always comes after the same neighbour.
        for (const [index] of taking.entries()) {
          const each = taking[(index + round) % taking.length];
          if (!each) continue;
          const counted = await measure(laboratory, each, one, seconds);
          const { id } = each.contender;
          ((measured[one.id] ??= {})[id] ??= []).push(counted);
          console.log(
            `${round + 1}/${rounds} ${one.id.padEnd(22)} ${id.padEnd(11)} ${String(counted.perSecond).padStart(6)}/s  p99 ${counted.p99} ms  ${counted.cpu} µs${counted.failed > 0 ? `  FAILED ${counted.failed}` : ""}${counted.resumed === undefined ? "" : `  resumed ${counted.resumed}`}`,
          );
        }
      }
    }
    const results = {
      date: started.toISOString(),
      command: ["npm run bench:load-balancer", ...process.argv.slice(2).filter((arg) => arg !== "--here")].join(" "),
      machine: machine(),
      load: loadavg()[1] ?? NaN,
      rounds,
      seconds,
      contenders: running.map(({ contender: { id, title }, version }) => ({ id, title, version })),
      missing,
      measured,
    };
    console.log(`\n${costs ? describeCosts(results) : describe(results)}\n`);
    const whole = wanted.length === others.length && (costs ? only === undefined : cases.length === CASES.length);
    if (whole) await (costs ? writeResults(import.meta.url, describeCosts(results), "costs") : write(results));
    console.log(whole ? "Results: bench/load-balancer/README.md" : "Not kept: only a part was measured.");
  } finally {
    await laboratory.close();
  }
});
