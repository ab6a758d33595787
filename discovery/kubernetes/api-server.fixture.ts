import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { Socket } from "node:net";
import { join } from "node:path";
import { SERVICE_LABEL, type EndpointSlice } from "./slices";

/** How a pod stands in a slice. */
export interface FakeEndpoint {
  address: string;
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
  uid?: string;
}

interface Change {
  type: string;
  version: number;
  object: EndpointSlice;
}

/** A slice as the API server has it. */
export function sliceOf(name: string, service: string, port: number, endpoints: FakeEndpoint[], addressType = "IPv4"): EndpointSlice {
  return {
    metadata: { name, labels: { [SERVICE_LABEL]: service } },
    addressType,
    ports: [{ port, protocol: "TCP" }],
    endpoints: endpoints.map(({ address, uid, ...conditions }) => ({
      addresses: [address],
      conditions: { ready: true, ...conditions },
      ...(uid === undefined ? {} : { targetRef: { uid } }),
    })),
  };
}

/** An API server that knows EndpointSlices alone: lists them, and tells who watches of changes, as the real one does. */
export class FakeApiServer {
  /** Paths that were asked for, without what comes after the namespace's kind. */
  readonly asked: string[] = [];
  /** The token that is good. */
  token = "first";
  /** What everything is answered with instead. */
  refusal: { code: number; message: string } | undefined;
  #version = 1;
  /** The version whose changes are the first ones remembered. */
  #oldest = 1;
  readonly #slices = new Map<string, EndpointSlice>();
  readonly #history: Change[] = [];
  readonly #watches = new Map<ServerResponse, string[]>();
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly ca: string,
  ) {}

  /** @param folder where its certificate is written */
  static async start(folder: string, port = 0): Promise<FakeApiServer> {
    const [key, certificate] = ["api.key", "api.pem"].map((name) => join(folder, name)) as [string, string];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
    const subject = ["-subj", "/CN=api", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate];
    execFileSync("openssl", ["req", "-x509", ...curve, ...subject], { stdio: "pipe" });
    const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) });
    const fake = new FakeApiServer(server, readFileSync(certificate, "utf8"));
    server.on("request", (request, response) => fake.#answer(request, response));
    server.on("connection", (socket: Socket) => fake.#sockets.add(socket));
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return fake;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** Puts a slice there, new or changed. */
  put(slice: EndpointSlice): void {
    const type = this.#slices.has(slice.metadata.name) ? "MODIFIED" : "ADDED";
    this.#version += 1;
    const object = { ...slice, metadata: { ...slice.metadata, resourceVersion: String(this.#version) } };
    this.#slices.set(slice.metadata.name, object);
    this.#tell({ type, version: this.#version, object });
  }

  remove(name: string): void {
    const slice = this.#slices.get(name);
    if (!slice) return;
    this.#version += 1;
    this.#slices.delete(name);
    this.#tell({
      type: "DELETED",
      version: this.#version,
      object: { ...slice, metadata: { ...slice.metadata, resourceVersion: String(this.#version) } },
    });
  }

  /** Something else changed, of which those who watch are told the version only. */
  bookmark(): void {
    this.#version += 1;
    const object = { metadata: { name: "", resourceVersion: String(this.#version) } };
    for (const response of this.#watches.keys()) response.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
  }

  /** Forgets what has changed so far, as after some minutes. */
  forget(): void {
    this.#history.splice(0);
    this.#oldest = this.#version;
  }

  /** Ends every watch, as when its time is over. */
  endWatches(): void {
    for (const response of this.#watches.keys()) response.end();
    this.#watches.clear();
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    this.#watches.clear();
  }

  async stop(): Promise<void> {
    this.server.close();
    this.cut();
    await once(this.server, "close");
  }

  #tell(change: Change): void {
    this.#history.push(change);
    for (const [response, services] of this.#watches) this.#send(response, services, change);
  }

  #send(response: ServerResponse, services: string[], { type, object }: Change): void {
    if (!services.includes(object.metadata.labels?.[SERVICE_LABEL] ?? "")) return;
    const line = `${JSON.stringify({ type, object })}\n`;
    // In two parts: an event is not what comes at once, but what ends with a line's end.
    response.write(line.slice(0, 20));
    response.write(line.slice(20));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "", "https://api");
    const watch = url.searchParams.get("watch") === "true";
    this.asked.push(`${request.method} ${watch ? "watch" : "list"} ${url.pathname}`);
    const status = (code: number, message: string) =>
      response.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify({ kind: "Status", code, message }));
    if (this.refusal) return void status(this.refusal.code, this.refusal.message);
    if (request.headers.authorization !== `Bearer ${this.token}`) return void status(401, "Unauthorized");
    const services =
      /^kubernetes\.io\/service-name in \(([^)]*)\)$/.exec(url.searchParams.get("labelSelector") ?? "")?.[1]?.split(",") ?? [];
    if (!watch) {
      const items = [...this.#slices.values()].filter(({ metadata }) => services.includes(metadata.labels?.[SERVICE_LABEL] ?? ""));
      response.end(JSON.stringify({ metadata: { resourceVersion: String(this.#version) }, items }));
      return;
    }
    const from = Number(url.searchParams.get("resourceVersion"));
    response.writeHead(200, { "Content-Type": "application/json" });
    response.flushHeaders();
    if (from < this.#oldest) {
      const object = { kind: "Status", code: 410, message: `too old resource version: ${from}`, metadata: {} };
      response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
      return;
    }
    this.#watches.set(response, services);
    for (const change of this.#history) if (change.version > from) this.#send(response, services, change);
  }
}
