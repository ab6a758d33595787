import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server, type ServerOptions } from "node:https";
import { judge, type Keys } from "./keys";
import type { View } from "./view";

/** What stands behind the server. */
export interface DiscoveryOptions {
  /** What questions in the words of an engine's API are answered from. @default they are not answered */
  view?: View;
  /** The balancer's dynamic configuration; undefined as long as it is not known. */
  configuration: () => string | undefined;
  keys: Keys;
  /** Certificate, key and the authority whose clients are served; PEM. */
  tls: Pick<ServerOptions, "cert" | "key" | "ca">;
}

/** The engine's API as of which the answers are: old enough for every client, and what is answered has not changed since. */
const API_VERSION = "1.44";

/** Characters of a path or a query; longer ones are nobody's that belongs here. */
const LONGEST_URL = 2048;

function serviceFilter(url: URL): string[] | undefined {
  const text = url.searchParams.get("filters");
  if (text === null) return undefined;
  const filters = JSON.parse(text) as { service?: Record<string, boolean> | string[] };
  return Array.isArray(filters.service) ? filters.service : filters.service && Object.keys(filters.service);
}

/** Answers one question; undefined: there is no such one. */
async function answer(path: string, url: URL, request: IncomingMessage, options: DiscoveryOptions): Promise<Answer | undefined> {
  const key = /^\/keys\/([a-z0-9-]+)$/.exec(path)?.[1];
  if (key !== undefined) {
    const given = request.headers["x-api-key"];
    const client = judge(options.keys, key, typeof given === "string" ? given : undefined);
    return client === undefined ? { status: 401 } : { status: 204, headers: { "X-API-Client": client } };
  }
  if (path !== "/configuration") return options.view && answerAsEngine(path, url, options.view);
  const text = options.configuration();
  return text === undefined ? { status: 503, json: { message: "not everything is known yet" } } : { status: 200, text };
}

/** Answers what Traefik asks an engine. */
async function answerAsEngine(path: string, url: URL, view: View): Promise<Answer | undefined> {
  switch (path.replace(/^\/v1\.\d+/, "")) {
    case "/_ping":
      return { status: 200, text: "OK", headers: { "API-Version": API_VERSION, OSType: "linux" } };
    case "/version":
      return { status: 200, json: { Version: "view", ApiVersion: API_VERSION, MinAPIVersion: API_VERSION, Os: "linux", Arch: "any" } };
    case "/services":
      return { status: 200, json: (await view.picture()).services };
    case "/networks":
      return { status: 200, json: (await view.continued()).networks };
    case "/tasks": {
      const wanted = serviceFilter(url);
      const { tasks } = await view.continued();
      return { status: 200, json: wanted ? tasks.filter(({ ServiceID }) => wanted.includes(ServiceID)) : tasks };
    }
    default:
      return undefined;
  }
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  json?: unknown;
  text?: string;
}

function send(response: ServerResponse, { status, headers = {}, json, text }: Answer): void {
  const body = json === undefined ? text : JSON.stringify(json);
  response.writeHead(status, { ...(json === undefined ? {} : { "Content-Type": "application/json" }), ...headers });
  response.end(body);
}

async function handle(request: IncomingMessage, response: ServerResponse, options: DiscoveryOptions): Promise<void> {
  const given = request.url ?? "/";
  if ((request.method !== "GET" && request.method !== "HEAD") || given.length > LONGEST_URL) {
    send(response, { status: 405, json: { message: "only short questions are answered" } });
    return;
  }
  try {
    const url = new URL(given, "https://discovery");
    const found = await answer(url.pathname, url, request, options);
    send(response, found ?? { status: 404, json: { message: "page not found" } });
  } catch (error) {
    send(response, { status: 502, json: { message: (error as Error).message } });
  }
}

/**
 * Tells a balancer, over mutual TLS, what it has to know: its own routes, whether an API key is good, and which replicas there are: with a
 * `view` in the words of the engine's API, read only, and of that a small part; else as part of the routes.
 */
export function createDiscovery(options: DiscoveryOptions): Server {
  const tls = { ...options.tls, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" as const };
  return createServer(tls, (request, response) => void handle(request, response, options));
}
