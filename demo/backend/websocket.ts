import type { Server } from "node:http";
import { hostname } from "node:os";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { WebSocket, WebSocketServer } from "ws";

/** Sockets that one replica holds; more are refused. */
const LARGEST_COUNT = 10_000;
/** Bytes of one message. */
const LARGEST_MESSAGE = 64 * 1024;
/** A socket is asked for a sign of life this often, milliseconds, and cut off when it gave none since: below the balancer's idle timeout. */
const PING_INTERVAL = 20_000;
/** RFC 6455, 7.4.1: "going away". Clients take it as the wish that they reconnect. */
const GOING_AWAY = 1001;

/** What a client receives: a greeting, then each of its messages back. Always with the replica that serves it. */
export type ServerMessage = { type: "hello"; replica: string; version: string } | { type: "echo"; replica: string; message: string };

/** The WebSocket at `/ws`. */
export class EchoSockets {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
  readonly #alive = new WeakSet<WebSocket>();
  readonly #timer: NodeJS.Timeout;

  /** @param refuse why no new socket is taken now, undefined when they are */
  constructor(
    private readonly version: string,
    private readonly logger: Logger,
    private readonly refuse: () => string | undefined,
  ) {
    this.#timer = setInterval(() => this.#ping(), PING_INTERVAL).unref();
  }

  /** Open sockets. */
  get count(): number {
    return this.#server.clients.size;
  }

  /** Takes the upgrade requests of an HTTP server. */
  attach(server: Server): void {
    server.on("upgrade", (request, socket: Duplex, head) => {
      const path = request.url?.split("?")[0];
      if (path !== "/ws") return refuseUpgrade(socket, "404 Not Found", `no WebSocket at ${path}`);
      const reason = this.count >= LARGEST_COUNT ? "too many WebSockets here" : this.refuse();
      if (reason !== undefined) return refuseUpgrade(socket, "503 Service Unavailable", reason);
      this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#greet(webSocket));
    });
  }

  /** Asks every client to go elsewhere. Those that do not answer are cut off with the server. */
  close(): void {
    clearInterval(this.#timer);
    for (const webSocket of this.#server.clients) webSocket.close(GOING_AWAY, "this replica is shutting down");
  }

  /** Cuts off what is still open. */
  terminate(): void {
    for (const webSocket of this.#server.clients) webSocket.terminate();
  }

  #greet(webSocket: WebSocket): void {
    const send = (message: ServerMessage) => webSocket.send(JSON.stringify(message));
    this.#alive.add(webSocket);
    webSocket.on("pong", () => this.#alive.add(webSocket));
    webSocket.on("error", (error) => this.logger.debug({ err: error }, "websocket"));
    webSocket.on("message", (data, isBinary) => {
      if (isBinary) return webSocket.close(1003, "text only");
      this.#alive.add(webSocket);
      // With the default binaryType a message arrives as one Buffer.
      send({ type: "echo", replica: hostname(), message: (data as Buffer).toString("utf8") });
    });
    send({ type: "hello", replica: hostname(), version: this.version });
  }

  #ping(): void {
    for (const webSocket of this.#server.clients) {
      if (!this.#alive.delete(webSocket)) webSocket.terminate();
      else webSocket.ping();
    }
  }
}

function refuseUpgrade(socket: Duplex, status: string, reason: string): void {
  socket.on("error", () => undefined);
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
  );
}
