import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import Docker from "dockerode";

/** Status and JSON, or a string to send as it is. */
export type Answer = { status?: number; body?: unknown } | undefined;

/** Answers one request of the engine's API. */
export type Handler = (request: { method: string; path: string; query: URLSearchParams; body: unknown }) => Answer | Promise<Answer>;

/** A server that speaks the engine's API over HTTP as far as its handler knows it; everything else is 404, and noted. */
export class FakeEngine {
  readonly requests: string[] = [];
  /** Milliseconds before every answer. */
  delay = 0;

  private constructor(
    private readonly server: Server,
    readonly docker: Docker,
  ) {}

  static async start(handler: Handler, timeout = 2000): Promise<FakeEngine> {
    const made: { engine?: FakeEngine } = {};
    const server = createServer((request, response) => {
      void read(request).then(async (text) => {
        const url = new URL(request.url ?? "/", "http://engine");
        const path = url.pathname.replace(/^\/v[\d.]+/, "");
        const method = request.method ?? "GET";
        made.engine?.requests.push(`${method} ${path}`);
        const answer = await handler({ method, path, query: url.searchParams, body: text === "" ? undefined : JSON.parse(text) });
        setTimeout(() => {
          response.writeHead(answer === undefined ? 404 : (answer.status ?? 200), { "content-type": "application/json" });
          const body = answer === undefined ? { message: `no ${method} ${path} here` } : answer.body;
          response.end(typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body));
        }, made.engine?.delay ?? 0);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    made.engine = new FakeEngine(server, new Docker({ host: "127.0.0.1", port, protocol: "http", timeout }));
    return made.engine;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += part as string;
  return text;
}
