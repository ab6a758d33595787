import { readFileSync } from "node:fs";
import Docker from "dockerode";
import { pino, type Logger } from "pino";
import { ConfigError } from "../config/problem";
import { loadSettings } from "../config/load";
import { type Settings } from "../config/settings";
import { SYSTEM_CLOCK, type Clock } from "../daemon/clock";
import { Daemon } from "../daemon/daemon";
import { FileLease, SwarmLease, type Lease } from "../daemon/lease";
import { Readings } from "../daemon/readings";
import { Store } from "../daemon/store";
import { GateClient } from "../gate/client";
import { Notifier } from "../notify/notifier";
import { ContainerMetrics } from "../server/container-metrics";
import { Metrics } from "../server/metrics";
import { Containers, type ContainerUse } from "../signals/containers";
import { DockerStats, type ServiceStats } from "../signals/docker-stats";
import { Prometheus } from "../signals/prometheus";
import { ComposeTarget } from "../targets/compose";
import { SwarmTarget } from "../targets/swarm";
import { type Target } from "../targets/target";
import { UsageError } from "./errors";

/** The daemon and what the command line needs around it. */
export interface Assembled {
  readonly settings: Settings;
  readonly daemon: Daemon;
  readonly metrics: Metrics;
  readonly containers: ContainerMetrics;
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

/**
 * Builds the daemon from its settings.
 *
 * @param clock what time it is; only a benchmark has reason to give another than the machine's
 * @throws UsageError when a secret's file cannot be read or a setting is missing
 */
export function assemble(settings: Settings, clock: Clock = SYSTEM_CLOCK): Assembled {
  const problems: string[] = [];
  const secret = (file: string | undefined) => readSecret(file, problems);
  const [token, slack, gateToken] = [secret(settings.tokenFile), secret(settings.slackWebhookFile), secret(settings.gateTokenFile)];
  if (settings.gate !== undefined && settings.gateTokenFile === undefined)
    problems.push("a gate wants its token: AUTOSCALER_GATE_TOKEN_FILE");
  if (settings.gate === undefined) problems.push(...targetProblems(settings));
  if (problems.length > 0) throw new UsageError(problems);

  const { target, lease, stats, containers } =
    settings.gate === undefined ? throughSocket(settings, clock) : throughGate(settings.gate, gateToken ?? "");
  const prometheus = settings.prometheus === undefined ? undefined : new Prometheus(settings.prometheus, clock.now);
  const metrics = new Metrics();
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const daemon = new Daemon({
    settings,
    target,
    readings: new Readings(settings, {
      stats: ({ containers, cpuBase, memoryBase }) => stats(containers, cpuBase, memoryBase),
      query: (expression) => prometheus?.query(expression) ?? Promise.resolve({ problem: "PROMETHEUS_URL is not set" }),
    }),
    store: new Store(settings.state),
    lease,
    notifier: new Notifier([
      ...(slack === undefined ? [] : [{ kind: "slack" as const, url: slack }]),
      ...(settings.webhook === undefined ? [] : [{ kind: "webhook" as const, url: settings.webhook }]),
    ]),
    gauge: metrics,
    log,
    ...clock,
  });
  return {
    settings,
    daemon,
    metrics,
    containers: new ContainerMetrics(metrics.registry, containers),
    log,
    ...(token === undefined ? {} : { token }),
  };
}

/** What the daemon works on. */
interface Worked {
  readonly target: Target;
  readonly lease: Lease;
  stats(containers: readonly string[], cpuBase: number | undefined, memoryBase: number | undefined): Promise<ServiceStats>;
  containers(): Promise<readonly ContainerUse[]>;
}

function throughSocket(settings: Settings, clock: Clock): Worked {
  const docker = openDocker(settings);
  const stats = new DockerStats(docker, clock.steady);
  const containers = new Containers(docker, settings.target, settings.project);
  return {
    target: openTarget(settings, docker),
    lease: settings.target === "compose" ? new FileLease(settings.state) : new SwarmLease(docker, settings.lease),
    stats: (...asked) => stats.read(...asked),
    containers: () => containers.read(),
  };
}

function throughGate(url: string, token: string): Worked {
  const gate = new GateClient(url, token);
  return {
    target: gate,
    lease: gate,
    containers: () => gate.containers(),
    stats: (containers, cpuBase, memoryBase) =>
      gate.stats({
        containers: [...containers],
        ...(cpuBase === undefined ? {} : { cpuBase }),
        ...(memoryBase === undefined ? {} : { memoryBase }),
      }),
  };
}

/** What a secret's file holds; what is wrong with it becomes a problem. */
export function readSecret(file: string | undefined, problems: string[]): string | undefined {
  if (file === undefined) return undefined;
  try {
    const text = readFileSync(file, "utf8").trim();
    if (text === "") problems.push(`${file} is empty`);
    return text;
  } catch (error) {
    problems.push(`${file} cannot be read: ${(error as Error).message}`);
    return undefined;
  }
}

/** What the settings lack for their target. */
export function targetProblems(settings: Settings): string[] {
  return settings.target === "compose" && settings.project === undefined
    ? ["target compose needs the project's name: AUTOSCALER_PROJECT"]
    : [];
}

/** Services of a Swarm (of one stack, where a project is set), or of a Compose project. */
export function openTarget(settings: Settings, docker: Docker): Target {
  return settings.target === "compose" ? new ComposeTarget(docker, settings.project ?? "") : new SwarmTarget(docker, settings.project);
}

/** `host:port` for a server. */
export function listenAddress(text: string): { host: string; port: number } {
  const [, host = "", port = ""] = /^(.+):(\d+)$/.exec(text) ?? [];
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** The engine's API; every call ends, one way or the other, before the daemon's own limit of 10 s. */
export function openDocker(settings: Pick<Settings, "docker">): Docker {
  return new Docker(dockerAddress(settings.docker));
}

function dockerAddress(address: string): Docker.DockerOptions {
  if (!/^(tcp|https?):\/\//.test(address)) return { socketPath: address.replace(/^unix:\/\//, ""), timeout: 9000 };
  const url = new URL(address.replace(/^tcp:/, "http:"));
  return { host: url.hostname, port: url.port || 2375, protocol: url.protocol === "https:" ? "https" : "http", timeout: 9000 };
}
