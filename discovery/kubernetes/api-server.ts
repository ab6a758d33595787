import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { join } from "node:path";

/** Where a pod finds its account's token, the API server's authority and its namespace; the kubelet writes them. */
const ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Milliseconds in which an answer has to begin, and in which one that is no watch has to be complete. */
const ANSWER_MS = 10_000;

/** A connection on which nothing comes is asked for a sign of life after this time, then every second; after ten without one it is given up. */
const KEEP_ALIVE_MS = 5000;

/** Seconds after which the API server ends a watch. */
const WATCH_SECONDS = 300;

/** The API server as a pod reaches it. */
export interface ApiServerOptions {
  host: string;
  port: number;
  /** Authority of its certificate, PEM. */
  ca: string;
  /** The account's token: read anew for each question, because the kubelet renews it. */
  token: () => string;
}

/** What is told of a watched object. An ERROR's object is a Status. */
export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T;
}

/** The API server said no. */
export class ApiServerError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(`the API server answers ${status}: ${message}`);
  }
}

/**
 * Where a pod finds the API server, and the namespace it is in.
 * @throws Error where this is no pod with an account's token
 */
export function insidePod(
  env: NodeJS.ProcessEnv = process.env,
  folder = ACCOUNT_FOLDER,
): { apiServer: ApiServerOptions; namespace: string } {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port) throw new Error("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are missing: this is no pod");
  const read = (name: string) => readFileSync(join(folder, name), "utf8").trim();
  return { apiServer: { host, port: Number(port), ca: read("ca.crt"), token: () => read("token") }, namespace: read("namespace") };
}

/** The message of a Status object, or the beginning of whatever else was answered. */
function reason(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    if (message) return message;
  } catch {
    // Not from the API server itself.
  }
  return text.trim().slice(0, 200);
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of response.setEncoding("utf8")) text += part as string;
  return text;
}

/** The events of a watch: JSON objects, one a line. */
async function* eventsOf<T>(response: IncomingMessage): AsyncGenerator<WatchEvent<T>> {
  let rest = "";
  for await (const part of response.setEncoding("utf8")) {
    const lines = (rest + (part as string)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as WatchEvent<T>;
  }
}

/** Reads objects of the API server; only ever by GET. */
export class ApiServer {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(private readonly options: ApiServerOptions) {}

  /** @throws Error, {@link ApiServerError} for whatever is not 200 */
  async #get(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { host, port, ca, token } = this.options;
    const headers = { Accept: "application/json", Authorization: `Bearer ${token()}` };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({ host, port, path, ca, headers, agent: this.#agent, method: "GET", signal }, resolve);
      const late = setTimeout(() => sent.destroy(new Error(`the API server did not answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS);
      sent.on("response", () => clearTimeout(late));
      sent.on("socket", (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
      sent.on("error", (error) => {
        clearTimeout(late);
        reject(error);
      });
      sent.end();
    });
    if (response.statusCode === 200) return response;
    throw new ApiServerError(response.statusCode ?? 0, reason(await textOf(response)));
  }

  /** All objects at a path, and the version as of which they are all. */
  async list<T>(path: string, query: Record<string, string>, signal: AbortSignal): Promise<{ items: T[]; version: string }> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const response = await this.#get(`${path}?${new URLSearchParams(query).toString()}`, within);
    const { items, metadata } = JSON.parse(await textOf(response)) as { items?: T[] | null; metadata?: { resourceVersion?: string } };
    return { items: items ?? [], version: metadata?.resourceVersion ?? "" };
  }

  /**
   * Begins to hear of what happens to objects at a path after a version, until the API server ends it.
   * @returns the events; throws where the connection does not live so long
   */
  async watch<T>(path: string, query: Record<string, string>, version: string, signal: AbortSignal): Promise<AsyncIterable<WatchEvent<T>>> {
    const parameters = {
      ...query,
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: version,
      timeoutSeconds: String(WATCH_SECONDS),
    };
    return eventsOf<T>(await this.#get(`${path}?${new URLSearchParams(parameters).toString()}`, signal));
  }

  close(): void {
    this.#agent.destroy();
  }
}
