import { readFileSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { engineAt } from "./engine";
import type { Keys } from "./keys";
import { createDiscovery } from "./server";
import { View } from "./view";

/** Seconds for open answers when the process is told to stop. */
const STOP_SECONDS = 5;

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

function keysOf(text: string, problems: string[]): Keys {
  try {
    return text === "" ? {} : (JSON.parse(text) as Keys);
  } catch {
    problems.push("DISCOVERY_KEYS_FILE is not JSON");
    return {};
  }
}

/**
 * Runs until it is told to stop. Settings:
 * DISCOVERY_PORT=8445, DISCOVERY_SOCKET=/var/run/docker.sock, DISCOVERY_PROJECT (the stack), DISCOVERY_NETWORK (where replicas are
 * reached), DISCOVERY_CONFIGURATION_FILE (the dynamic configuration), DISCOVERY_KEYS_FILE (JSON, may be left out), and
 * DISCOVERY_CERTIFICATE_FILE, DISCOVERY_KEY_FILE, DISCOVERY_CA_FILE for mutual TLS.
 * @returns the exit code
 */
export async function main(): Promise<number> {
  const problems: string[] = [];
  const tls = {
    cert: file("DISCOVERY_CERTIFICATE_FILE", problems),
    key: file("DISCOVERY_KEY_FILE", problems),
    ca: file("DISCOVERY_CA_FILE", problems),
  };
  const options = { project: setting("DISCOVERY_PROJECT", problems), network: setting("DISCOVERY_NETWORK", problems) };
  const configuration = file("DISCOVERY_CONFIGURATION_FILE", problems);
  const keys = process.env["DISCOVERY_KEYS_FILE"] ? keysOf(file("DISCOVERY_KEYS_FILE", problems), problems) : {};
  const port = Number(setting("DISCOVERY_PORT", problems, "8445"));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) problems.push(`DISCOVERY_PORT: ${process.env["DISCOVERY_PORT"]} is not a port`);
  if (problems.length > 0) {
    for (const problem of problems) console.error(`error: ${problem}`);
    return 2;
  }
  const view = new View(engineAt(setting("DISCOVERY_SOCKET", problems, "/var/run/docker.sock")), options);
  const server = createDiscovery({ view, configuration, keys, tls });
  server.listen(port);
  await once(server, "listening");
  console.log(`the view of ${options.project} is open at port ${port}`);
  await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  server.close();
  server.closeIdleConnections();
  await Promise.race([once(server, "close"), sleep(STOP_SECONDS * 1000)]);
  return 0;
}

if (require.main === module) {
  void main().then((code) => {
    // Connections that never got beyond their handshake would keep the process.
    process.exit(code);
  });
}
