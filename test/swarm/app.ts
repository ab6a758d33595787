import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import WebSocket from "ws";
import { script } from "./commands";

/** What `status --json` says. */
export interface Status {
  healthy: boolean;
  urls: { app: string; prometheus: string };
  caFile: string;
  services: { name: string; desired: number; running: number; healthy: number }[];
}

/** The status that a person's script would read. */
export async function status(): Promise<Status> {
  const { stdout, output } = await script("status", ["--json"]);
  if (!stdout.startsWith("{")) throw new Error(`status --json printed no JSON:\n${output}`);
  return JSON.parse(stdout) as Status;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** The deployed app as its users see it: over HTTPS, trusting nothing but the stack's own authority. */
export class App {
  readonly #ca: string;

  constructor(readonly status: Status) {
    this.#ca = readFileSync(status.caFile, "utf8");
  }

  /** One request on a connection of its own. @param path below the app's URL, or a whole URL */
  request(path: string, { method = "GET", body }: { method?: string; body?: unknown } = {}): Promise<Answer> {
    const url = new URL(path, this.status.urls.app);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const secure = url.protocol === "https:";
    return new Promise((resolve, reject) => {
      const outgoing = (secure ? secureRequest : plainRequest)(url, {
        method,
        agent: false,
        timeout: 10_000,
        headers: text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
        ...(secure ? { ca: this.#ca } : {}),
      });
      outgoing.on("timeout", () => outgoing.destroy(new Error(`${method} ${url.href}: no answer within 10 s`)));
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        let received = "";
        response.setEncoding("utf8").on("data", (part: string) => (received += part));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received }));
      });
      outgoing.end(text);
    });
  }

  /** JSON of an answer. @throws Error unless it has the expected status */
  async json<T>(path: string, { expect = 200, ...options }: { method?: string; body?: unknown; expect?: number } = {}): Promise<T> {
    const answer = await this.request(path, options);
    if (answer.status !== expect) throw new Error(`${options.method ?? "GET"} ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body) as T;
  }

  /** Opens a WebSocket, sends a message and returns everything that came up to its echo. */
  echo(message: string): Promise<{ type: string; replica: string; message?: string }[]> {
    const url = new URL("/ws", this.status.urls.app);
    url.protocol = "wss:";
    return new Promise((resolve, reject) => {
      const received: { type: string; replica: string; message?: string }[] = [];
      const socket = new WebSocket(url, { ca: this.#ca, handshakeTimeout: 10_000 });
      const timer = setTimeout(() => reject(new Error("no echo within 10 s")), 10_000);
      socket.on("error", reject);
      socket.on("open", () => socket.send(message));
      socket.on("message", (data) => {
        const parsed = JSON.parse((data as Buffer).toString("utf8")) as { type: string; replica: string; message?: string };
        received.push(parsed);
        if (parsed.type !== "echo") return;
        clearTimeout(timer);
        socket.close();
        resolve(received);
      });
    });
  }

  /** Prometheus's answer to an API call. */
  async prometheus<T>(path: string): Promise<T> {
    const base = this.status.urls.prometheus.replace(/\/$/, "");
    const { data } = await this.json<{ data: T }>(`${base}/api/v1/${path}`);
    return data;
  }
}
