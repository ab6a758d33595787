import { setTimeout as sleep } from "node:timers/promises";
import { type Command } from "commander";
import { type Decision } from "../core/decide";
import { type ServiceStatus } from "../daemon/daemon";
import { createServer } from "../server/server";
import { assemble, listenAddress, settingsFrom } from "./assemble";
import { UsageError } from "./errors";
import { runGate } from "./gate";

interface Common {
  readonly config?: string;
  readonly json?: boolean;
  readonly url?: string;
  readonly tokenFile?: string;
}

/** CPU is a difference between two points in time: a single look needs this long. */
const MEASURE_MS = 1500;

const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
const line = (text: string) => process.stdout.write(`${text}\n`);

/** `run`, `status`, `test`, `explain`, `pause`, `resume`, `config check`. */
export function addOperations(program: Command): void {
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option("-c, --config <file>", 'YAML file, or lines like SERVICE_CONFIG[name]="min:2,max:10,cpu:70,memory:80"');
  const remote = (name: string, description: string) =>
    command(name, description).option("--url <url>", "address of the daemon (default: from the settings)").option("--json", "print JSON");

  command("run", "run the daemon").action(async (options: Common) => run(options));
  command("gate", "run the gate: the only process with the engine's socket").action(async (options: Common) => runGate(options));

  remote("status", "services, replicas and the last decision")
    .option("--watch", "every two seconds")
    .action(async (options: Common & { watch?: boolean }) => {
      do {
        const status = (await ask(options, "/api/status")) as { services: ServiceStatus[]; problems: string[] };
        if (options.json) print(status);
        else {
          if (options.watch) process.stdout.write("\u001b[H\u001b[2J");
          line(table(status.services));
          for (const problem of status.problems) line(`problem: ${problem}`);
        }
        if (options.watch) await sleep(2000);
      } while (options.watch);
    });

  remote("explain <service>", "the decisions of a service, with their reasons")
    .option("--since <minutes>", "only the last minutes", "1440")
    .action(async (service: string, options: Common & { since: string }) => {
      const minutes = Number(options.since);
      if (!(minutes > 0)) throw new UsageError([`--since "${options.since}" is not a number of minutes`]);
      const decisions = ((await ask(options, `/api/services/${encodeURIComponent(service)}/decisions`)) as Decision[]).filter(
        (entry) => entry.time > Date.now() / 1000 - minutes * 60,
      );
      if (options.json) print(decisions);
      else if (decisions.length === 0) line(`no decision about ${service} in the last ${minutes} minutes`);
      else for (const decision of decisions) line(describeDecision(decision));
    });

  command("test <service>", "one decision with its whole reasoning; changes nothing")
    .option("--json", "print JSON")
    .action(async (service: string, options: Common) => {
      const { daemon } = assemble(settingsFrom(options.config, process.env));
      // the first look only sets the point CPU is measured from
      if ((await daemon.test(service)) === undefined)
        throw new UsageError([`${service} is not there, or nobody asked to scale it: set the label autoscaler.enable=true`]);
      await sleep(MEASURE_MS);
      const result = await daemon.test(service);
      if (result === undefined) throw new Error(`${service} went away`);
      if (options.json) print(result);
      else line(describeDecision(result.decision));
    });

  const change = (name: "pause" | "resume", description: string) =>
    remote(`${name} <service>`, description).option("--token-file <file>", "file with the API token (default: from the settings)");
  change("pause", "stop changes to a service ('*' for all) for a while")
    .option("--minutes <minutes>", "how long, at most a day", "60")
    .action(async (service: string, options: Common & { minutes: string }) => {
      await ask(options, "/api/pause", {
        service,
        seconds: minutesToSeconds(options.minutes),
        by: process.env["USER"] ?? "the command line",
      });
    });
  change("resume", "end a pause").action(async (service: string, options: Common) => void (await ask(options, "/api/resume", { service })));

  const lease = program.command("lease").description("keep every count while a deploy runs");
  const leaseCommand = (name: string, description: string) =>
    lease
      .command(name)
      .description(description)
      .option("-c, --config <file>", "settings of the daemon")
      .option("--url <url>", "address of the daemon (default: from the settings)")
      .option("--token-file <file>", "file with the API token (default: from the settings)");
  leaseCommand("take", "no count changes until the lease is given back or has run out")
    .option("--minutes <minutes>", "how long at most, up to a day", "30")
    .action(async (options: Common & { minutes: string }) => {
      await ask(options, "/api/lease", { seconds: minutesToSeconds(options.minutes), by: "a deploy" });
    });
  leaseCommand("end", "give the lease back").action(async (options: Common) => void (await ask(options, "/api/lease/end", {})));

  const config = program.command("config").description("settings");
  config
    .command("check")
    .description("check the settings and print them in full")
    .option("-c, --config <file>", "the file to check")
    .action((options: Common) => {
      print(settingsFrom(options.config, process.env));
    });
}

/** @throws UsageError */
function minutesToSeconds(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= 1440)) throw new UsageError([`--minutes "${text}" is not between 0 and 1440`]);
  return Math.ceil(minutes * 60);
}

async function run(options: Common): Promise<void> {
  const { settings, daemon, metrics, containers, log, token } = assemble(settingsFrom(options.config, process.env));
  const server = createServer({ daemon, metrics, containers, pathPrefix: settings.pathPrefix, ...(token === undefined ? {} : { token }) });
  await server.listen(listenAddress(settings.listen));
  log.info({ listen: settings.listen, target: settings.target, dryRun: settings.dryRun }, "running");
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  while (!stop.signal.aborted) {
    const started = performance.now();
    await daemon.cycle();
    const rest = Math.max(100, settings.fastInterval * 1000 - (performance.now() - started));
    await sleep(rest, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  await daemon.stop();
  await server.close();
  log.info({}, "stopped");
}

async function ask(options: Common, path: string, body?: unknown): Promise<unknown> {
  const settings = settingsFrom(options.config, process.env);
  const base = options.url ?? `http://${settings.listen.replace(/^0\.0\.0\.0:/, "127.0.0.1:")}`;
  const file = options.tokenFile ?? settings.tokenFile;
  const token = file === undefined ? undefined : (await import("node:fs")).readFileSync(file, "utf8").trim();
  let response: Response;
  try {
    response = await fetch(`${base.replace(/\/$/, "")}${options.url === undefined ? settings.pathPrefix.replace(/\/$/, "") : ""}${path}`, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.timeout(5000),
    });
  } catch (error) {
    throw new Error(`the daemon does not answer at ${base}: ${(error as Error).message}; is it running?`, { cause: error });
  }
  const answer = (await response.json()) as { error?: string };
  if (!response.ok) throw new Error(answer.error ?? `HTTP ${response.status}`);
  return answer;
}

/** The services as an aligned table. */
export function table(services: readonly ServiceStatus[]): string {
  if (services.length === 0) return "no service is labelled autoscaler.enable=true or named in the settings";
  const rows = [["SERVICE", "REPLICAS", "READY", "MIN-MAX", "RULE", "REASON"]];
  for (const { name, desired, ready, min, max, decision } of services)
    rows.push([name, String(desired), String(ready), `${min}-${max}`, decision.rule, decision.reason]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return rows.map((row) => row.map((cell, column) => (column < 5 ? cell.padEnd(widths[column] as number) : cell)).join("  ")).join("\n");
}

/** A decision in full. */
export function describeDecision(decision: Decision): string {
  const head = `${new Date(decision.time * 1000).toISOString()}  ${decision.from} → ${decision.to}  ${decision.rule}: ${decision.reason}`;
  return [head, ...decision.steps.map((step) => `    ${step}`), ...decision.alerts.map((alert) => `    alert: ${alert.text}`)].join("\n");
}
