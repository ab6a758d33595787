import { readFileSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Offers } from "./certificates/offers";
import { withOffered } from "./certificates/overlay";
import { asText, type Configuration } from "./configuration";
import { engineAt } from "./engine";
import type { Keys } from "./keys";
import { ApiServer, insidePod } from "./kubernetes/api-server";
import { checkFilled, fill, type Filled } from "./kubernetes/fill";
import { Follower } from "./kubernetes/follower";
import { createDiscovery, type DiscoveryOptions } from "./server";
import { createStatus, type Reached } from "./status";
import { View } from "./view";

/** Seconds for open answers when the process is told to stop. */
const STOP_SECONDS = 5;

/** How the engine of a worker answers: it will never know services, unlike one that is merely away. */
const NO_MANAGER = /not a swarm manager/;

/** A file named by an environment variable; what is missing is noted. */
function file(variable: string, problems: string[]): string {
  const path = process.env[variable];
  try {
    if (path) return readFileSync(path, "utf8");
    problems.push(`${variable} is missing`);
  } catch (error) {
    problems.push(`${variable}: ${(error as Error).message}`);
  }
  return "";
}

/** A setting of the environment; what is missing is noted. */
function setting(variable: string, problems: string[], fallback?: string): string {
  const value = process.env[variable] || fallback;
  if (value === undefined) problems.push(`${variable} is missing`);
  return value ?? "";
}

/** A port; what is none is noted. */
function portOf(variable: string, fallback: string, problems: string[]): number {
  const text = setting(variable, problems, fallback);
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) problems.push(`${variable}: ${text} is not a port`);
  return port;
}

/** A time in whole seconds; what is none is noted. */
function seconds(variable: string, fallback: string, problems: string[]): number {
  const text = setting(variable, problems, fallback);
  if (!/^\d+$/.test(text)) problems.push(`${variable}: ${text} is no number of seconds`);
  return Number(text);
}

/** A JSON object; what is none is noted. */
function parsed<T extends object>(variable: string, text: string, problems: string[]): T {
  try {
    const value: unknown = JSON.parse(text === "" ? "{}" : text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as T;
  } catch {
    // Said below.
  }
  problems.push(`${variable} is not a JSON object`);
  return {} as T;
}

/** What the discovery knows, and what it was told to say of it. */
interface Source extends Pick<DiscoveryOptions, "view"> {
  /** The configuration as it is now, of the one that was deployed; undefined as long as it is not known. */
  complete: (deployed: Configuration) => Configuration | undefined;
  reached: Reached;
  /** Whose replicas these are, for people. */
  of: string;
  /** Learns of replicas until the signal. */
  run?: (signal: AbortSignal) => Promise<void>;
}

/** Certificates that a service offers, if there is one. */
function offers(problems: string[]): Offers | undefined {
  const url = process.env["DISCOVERY_OFFERS_URL"];
  if (!url) return undefined;
  const tls = {
    cert: file("DISCOVERY_OFFERS_CERTIFICATE_FILE", problems),
    key: file("DISCOVERY_OFFERS_KEY_FILE", problems),
    ca: file("DISCOVERY_OFFERS_CA_FILE", problems),
  };
  return new Offers({ url, tls, say: (line) => console.log(line) });
}

/** What Traefik is given: the configuration with the certificates that are offered, once both are known or enough time has passed. */
function answers(
  deployed: Configuration,
  complete: Source["complete"],
  offered: Offers | undefined,
  patience: number,
): () => string | undefined {
  const begun = Date.now();
  // Certificates are looked into when others are offered, not with each question.
  let laid = { over: offered?.pairs, configuration: deployed };
  return () => {
    // Without them a balancer that has them would show the own authority's for a moment.
    if (offered && !offered.known && Date.now() - begun < patience * 1000) return undefined;
    if (offered && offered.pairs !== laid.over) laid = { over: offered.pairs, configuration: withOffered(deployed, offered.pairs) };
    const known = complete(laid.configuration);
    return known && asText(known);
  };
}

/** On a Swarm: Traefik asks for replicas in the words of the engine's API. */
function besideEngine(problems: string[]): Source {
  const options = { project: setting("DISCOVERY_PROJECT", problems), network: setting("DISCOVERY_NETWORK", problems) };
  const view = new View(engineAt(setting("DISCOVERY_SOCKET", problems, "/var/run/docker.sock")), options);
  const run = (signal: AbortSignal): Promise<void> => view.run(signal, (line) => console.log(line));
  return { of: options.project, view, complete: (deployed) => deployed, reached: { engine: () => view.readAt }, run };
}

/** On Kubernetes: the configuration has the replicas. */
function besideApiServer(configuration: Configuration, problems: string[]): Source {
  const filled = parsed<Filled>("DISCOVERY_REPLICAS_FILE", file("DISCOVERY_REPLICAS_FILE", problems), problems);
  problems.push(...checkFilled(configuration, filled).map((problem) => `DISCOVERY_REPLICAS_FILE: ${problem}`));
  const services = [...new Set(Object.values(filled).map(({ workload }) => workload))];
  const of = services.join(", ") || "nobody";
  if (services.length === 0) return { of, complete: (deployed) => deployed, reached: {} };
  try {
    const { apiServer, namespace } = insidePod();
    const follower = new Follower(new ApiServer(apiServer), { namespace, services, say: (line) => console.log(line) });
    return {
      of,
      complete: (deployed) => follower.slices && fill(deployed, filled, follower.slices),
      reached: { "API server": () => follower.reachedAt },
      run: (signal) => follower.run(signal),
    };
  } catch (error) {
    problems.push((error as Error).message);
    return { of, complete: () => undefined, reached: {} };
  }
}

/**
 * Runs until it is told to stop. Settings: DISCOVERY_PORT=8445; DISCOVERY_STATUS_PORT=8081 (/healthz, /metrics);
 * DISCOVERY_CONFIGURATION_FILE (the dynamic configuration, JSON); DISCOVERY_KEYS_FILE (JSON, may be left out); DISCOVERY_CERTIFICATE_FILE, DISCOVERY_KEY_FILE, DISCOVERY_CA_FILE for mutual TLS. And
 * - where certificates are offered by a service (`images/acme`), DISCOVERY_OFFERS_URL, and DISCOVERY_OFFERS_CERTIFICATE_FILE,
 *   DISCOVERY_OFFERS_KEY_FILE, DISCOVERY_OFFERS_CA_FILE for mutual TLS with it; DISCOVERY_OFFERS_WAIT=20, seconds to wait for them at the
 *   start before the configuration is given without them;
 * - on Kubernetes DISCOVERY_REPLICAS_FILE: JSON, see {@link Filled};
 * - without it, on a Swarm, DISCOVERY_SOCKET=/var/run/docker.sock, DISCOVERY_PROJECT (the stack), DISCOVERY_NETWORK (where replicas are
 *   reached).
 * @returns the exit code
 */
export async function main(): Promise<number> {
  const problems: string[] = [];
  const tls = {
    cert: file("DISCOVERY_CERTIFICATE_FILE", problems),
    key: file("DISCOVERY_KEY_FILE", problems),
    ca: file("DISCOVERY_CA_FILE", problems),
  };
  const keys = process.env["DISCOVERY_KEYS_FILE"]
    ? parsed<Keys>("DISCOVERY_KEYS_FILE", file("DISCOVERY_KEYS_FILE", problems), problems)
    : {};
  const [port, statusPort] = [portOf("DISCOVERY_PORT", "8445", problems), portOf("DISCOVERY_STATUS_PORT", "8081", problems)];
  const offered = offers(problems);
  const patience = seconds("DISCOVERY_OFFERS_WAIT", "20", problems);
  const deployed = parsed<Configuration>("DISCOVERY_CONFIGURATION_FILE", file("DISCOVERY_CONFIGURATION_FILE", problems), problems);
  const { of, run, view, complete, reached } = process.env["DISCOVERY_REPLICAS_FILE"]
    ? besideApiServer(deployed, problems)
    : besideEngine(problems);
  if (problems.length > 0) {
    for (const problem of problems) console.error(`error: ${problem}`);
    return 2;
  }
  const stop = new AbortController();
  const worker = await view?.picture().then(
    () => undefined,
    (error: Error) => (NO_MANAGER.test(error.message) ? error.message : undefined),
  );
  if (worker !== undefined) {
    console.error(`error: ${worker}. Fix: place the discovery on a manager, e.g. discoveryPlacement: { labels: { type: "manager" } }`);
    return 2;
  }
  const following = Promise.all([run?.(stop.signal), offered?.run(stop.signal)]);
  const server = createDiscovery({ ...(view ? { view } : {}), configuration: answers(deployed, complete, offered, patience), keys, tls });
  const status = createStatus({ ...reached, ...(offered ? { certificates: () => offered.reachedAt } : {}) });
  server.listen(port);
  status.listen(statusPort);
  await Promise.all([once(server, "listening"), once(status, "listening")]);
  console.log(`the view of ${of} is open at port ${port}`);
  await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  stop.abort();
  status.close();
  server.close();
  server.closeIdleConnections();
  await Promise.race([Promise.all([once(server, "close"), following]), sleep(STOP_SECONDS * 1000)]);
  return 0;
}

if (require.main === module) {
  void main().then((code) => {
    // Connections that never got beyond their handshake would keep the process.
    process.exit(code);
  });
}
