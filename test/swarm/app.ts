import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import WebSocket from "ws";
import { script } from "./commands";

/** How a deployed app is reached, on whatever platform it is. */
export interface Reach {
  urls: { app: string; prometheus: string; balancer?: string; dashboard?: string };
  /** Certificate of the authority that signed the balancer's. */
  caFile: string;
  /** IP address that connections go to. @default what the URL's host resolves to */
  address?: string;
  /** For the monitoring pages, where they want a password. */
  monitoringLogin?: { user: string; password: string };
}

/** What `status --json` says. */
export interface Status extends Reach {
  healthy: boolean;
  services: { name: string; desired: number; running: number; healthy: number }[];
  /** With `--show-secrets`. */
  logins?: Record<string, { user: string; password: string }>;
}

/** The status that a person's script would read. */
export async function status(...args: string[]): Promise<Status> {
  const { stdout, output } = await script("status", ["--json", ...args]);
  if (!stdout.startsWith("{")) throw new Error(`status --json printed no JSON:\n${output}`);
  return JSON.parse(stdout) as Status;
}

/** Always the same address, in the form that was asked for. */
function answer(options: LookupOptions, address: string, found: Parameters<LookupFunction>[2]): void {
  const family = isIP(address);
  if (options.all) found(null, [{ address, family }]);
  else found(null, address, family);
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A request as far as it is not a plain GET. */
export interface Asked {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** The deployed app as its users see it: over HTTPS, trusting nothing but the stack's own authority. */
export class App<Reached extends Reach = Status> {
  readonly #ca: string;
  readonly #lookup: { lookup?: LookupFunction };

  constructor(readonly status: Reached) {
    this.#ca = readFileSync(status.caFile, "utf8");
    const { address } = status;
    this.#lookup = address === undefined ? {} : { lookup: (_, options, found) => answer(options, address, found) };
  }

  /** One request on a connection of its own. @param path below the app's URL, or a whole URL */
  request(path: string, { method = "GET", body, headers = {} }: Asked = {}): Promise<Answer> {
    const url = new URL(path, this.status.urls.app);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const secure = url.protocol === "https:";
    return new Promise((resolve, reject) => {
      const outgoing = (secure ? secureRequest : plainRequest)(url, {
        method,
        agent: false,
        timeout: 10_000,
        headers: {
          ...headers,
          ...(text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        },
        ...(secure ? { ca: this.#ca } : {}),
        ...this.#lookup,
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
  async json<T>(path: string, { expect = 200, ...options }: Asked & { expect?: number } = {}): Promise<T> {
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
      const socket = new WebSocket(url, { ca: this.#ca, handshakeTimeout: 10_000, ...this.#lookup });
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

  /** Headers that open the monitoring pages. */
  private get login(): Record<string, string> {
    const { monitoringLogin: login } = this.status;
    return login ? { authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}` } : {};
  }

  /** nginx's status page. */
  balancerPage(): Promise<Answer> {
    return this.request(this.status.urls.balancer ?? "", { headers: this.login });
  }

  /** Prometheus's answer to an API call. */
  async prometheus<T>(path: string): Promise<T> {
    const { urls } = this.status;
    const { data } = await this.json<{ data: T }>(`${urls.prometheus.replace(/\/$/, "")}/api/v1/${path}`, { headers: this.login });
    return data;
  }
}
