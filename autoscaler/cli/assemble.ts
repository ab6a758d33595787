import { readFileSync } from "node:fs";
import Docker from "dockerode";
import { pino, type Logger } from "pino";
import { ConfigError } from "../config/problem";
import { loadSettings } from "../config/load";
import { type Settings } from "../config/settings";
import { Daemon } from "../daemon/daemon";
import { FileLease, SwarmLease } from "../daemon/lease";
import { Readings } from "../daemon/readings";
import { Store } from "../daemon/store";
import { Notifier } from "../notify/notifier";
import { Metrics } from "../server/metrics";
import { DockerStats } from "../signals/docker-stats";
import { Prometheus } from "../signals/prometheus";
import { ComposeTarget } from "../targets/compose";
import { SwarmTarget } from "../targets/swarm";
import { UsageError } from "./errors";

/** The daemon and what the command line needs around it. */
export interface Assembled {
  readonly settings: Settings;
  readonly daemon: Daemon;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly token?: string;
}

/** Reads the settings. @throws UsageError with every problem */
export function settingsFrom(file: string | undefined, environment: NodeJS.ProcessEnv): Settings {
  try {
    return loadSettings({ environment, ...(file === undefined ? {} : { file }) });
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.problems);
    throw error;
  }
}

/** Builds the daemon from its settings. @throws UsageError when a secret's file cannot be read or a setting is missing */
export function assemble(settings: Settings): Assembled {
  const problems: string[] = [];
  const secret = (file: string | undefined): string | undefined => {
    if (file === undefined) return undefined;
    try {
      const text = readFileSync(file, "utf8").trim();
      if (text === "") problems.push(`${file} is empty`);
      return text;
    } catch (error) {
      problems.push(`${file} cannot be read: ${(error as Error).message}`);
      return undefined;
    }
  };
  const [token, slack] = [secret(settings.tokenFile), secret(settings.slackWebhookFile)];
  if (settings.target === "compose" && settings.project === undefined)
    problems.push("target compose needs the project's name: AUTOSCALER_PROJECT");
  if (problems.length > 0) throw new UsageError(problems);

  const docker = new Docker(dockerAddress(settings.docker));
  const target = settings.target === "compose" ? new ComposeTarget(docker, settings.project ?? "") : new SwarmTarget(docker);
  const stats = new DockerStats(docker);
  const prometheus = settings.prometheus === undefined ? undefined : new Prometheus(settings.prometheus);
  const metrics = new Metrics();
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const daemon = new Daemon({
    settings,
    target,
    readings: new Readings(settings, {
      stats: (service) => stats.read(service.containers, service.cpuBase, service.memoryBase),
      query: (expression) => prometheus?.query(expression) ?? Promise.resolve({ problem: "PROMETHEUS_URL is not set" }),
    }),
    store: new Store(settings.state),
    lease: settings.target === "compose" ? new FileLease(settings.state) : new SwarmLease(docker),
    notifier: new Notifier([
      ...(slack === undefined ? [] : [{ kind: "slack" as const, url: slack }]),
      ...(settings.webhook === undefined ? [] : [{ kind: "webhook" as const, url: settings.webhook }]),
    ]),
    gauge: metrics,
    log,
  });
  return { settings, daemon, metrics, log, ...(token === undefined ? {} : { token }) };
}

function dockerAddress(address: string): Docker.DockerOptions {
  if (!/^(tcp|https?):\/\//.test(address)) return { socketPath: address.replace(/^unix:\/\//, ""), timeout: 9000 };
  const url = new URL(address.replace(/^tcp:/, "http:"));
  return { host: url.hostname, port: url.port || 2375, protocol: url.protocol === "https:" ? "https" : "http", timeout: 9000 };
}
