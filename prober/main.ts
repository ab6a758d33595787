import { readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { ProberConfiguration } from "@testbro/components/load-balancer/nginx";
import { readConfiguration } from "./configuration";
import { Metrics } from "./metrics";
import { Names } from "./names";
import { probe } from "./probe";
import { Prober } from "./prober";
import { Resolver } from "./resolver";

/** Milliseconds between two looks at the configuration file. */
const LOOK_MS = 1000;

const say = (text: string): void => console.error(`testbro-nginx-prober: ${text}`);

const metrics = new Metrics();
const prober = new Prober(probe, {
  probed: (upstream, finding, seconds) => metrics.probed(upstream, finding, seconds),
  moved(upstream, address, standing, reason, backoff) {
    metrics.moved(upstream, standing);
    if (standing === "in") say(`${address} of ${upstream} works and is used`);
    else say(`${address} of ${upstream} is left out: ${reason}; it is asked again after ${backoff} s, then ever more rarely`);
  },
});
metrics.watch(prober);
const names = new Names(prober, (how) => metrics.answered(how), new Resolver([]));

function serveMetrics(socket: string): Server {
  rmSync(socket, { force: true });
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    void metrics.registry.metrics().then((text) => response.setHeader("content-type", metrics.registry.contentType).end(text));
  });
  return server.listen(socket);
}

let current: ProberConfiguration | undefined;
let metricsServer: Server | undefined;

async function apply(next: ProberConfiguration): Promise<void> {
  names.resolver = new Resolver(next.resolvers);
  prober.configure(next.upstreams);
  if (next.listen !== current?.listen) await names.listen(next.listen);
  if (next.metrics !== current?.metrics) {
    metricsServer?.close();
    metricsServer = serveMetrics(next.metrics);
  }
  current = next;
  say(`asks the replicas of ${next.upstreams.map(({ host, port }) => `${host}:${port}`).join(", ") || "nobody"}`);
}

/** The file's content; one that cannot be read is as none. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Takes the file's content when it has changed; one that is no good changes nothing. Without a file nobody is asked. */
async function look(file: string, known: string): Promise<string> {
  const text = contentOf(file);
  if (text === known) return known;
  if (text === "") {
    prober.configure([]);
    return "";
  }
  let next: ProberConfiguration;
  try {
    next = readConfiguration(text);
  } catch (error) {
    say(`${file} is not taken: ${(error as Error).message}`);
    return text;
  }
  await apply(next);
  return text;
}

async function main(file: string | undefined): Promise<void> {
  if (file === undefined) {
    say("name the configuration file");
    process.exit(2);
  }
  for (let known = await look(file, ""); ;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    known = await look(file, known);
  }
}

// What fails outside the configuration, such as a port that is taken, ends the process; its supervisor starts it again.
main(process.argv[2]).catch((error: Error) => {
  say(error.message);
  process.exit(1);
});
