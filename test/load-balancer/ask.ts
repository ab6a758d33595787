import { request as plain, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { request as secure, type RequestOptions as SecureOptions } from "node:https";

/** Where the balancer is, as far as a client has to know. */
export interface Destination {
  /** @default "127.0.0.1" */
  address?: string;
  ports: { http: number; https: number };
  /** Certificate to trust, PEM; empty without TLS. */
  ca: string;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

export interface Question {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Address to come from: any of 127.0.0.0/8. */
  from?: string;
  /** Host asked for. @default localhost */
  host?: string;
  scheme?: "http" | "https";
  port?: number;
  /** Milliseconds until it counts as failed. @default 10000 */
  timeout?: number;
  agent?: RequestOptions["agent"];
}

/** One request, on a connection of its own unless an agent is given; never sent again. */
export function ask(balancer: Destination, path: string, question: Question = {}): Promise<Answer> {
  const scheme = question.scheme ?? (balancer.ca === "" ? "http" : "https");
  const host = question.host ?? "localhost";
  const port = question.port ?? balancer.ports[scheme];
  const options: SecureOptions = {
    host: balancer.address ?? "127.0.0.1",
    port,
    path,
    method: question.method ?? "GET",
    headers: { host: `${host}:${port}`, ...question.headers },
    agent: question.agent ?? false,
    ...(question.from ? { localAddress: question.from } : {}),
    ...(scheme === "https" ? { ca: balancer.ca, servername: host } : {}),
  };
  return new Promise((resolve, reject) => {
    const sent = (scheme === "https" ? secure : plain)(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString() });
      });
    });
    sent.setTimeout(question.timeout ?? 10_000, () => sent.destroy(new Error(`no answer to ${path}`)));
    sent.on("error", reject);
    sent.end(question.body);
  });
}

/** How often each value occurs. */
export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
