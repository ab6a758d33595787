import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a replica does with a request. */
export type Handler = (request: IncomingMessage, response: ServerResponse, replica: Replica) => void;

/** A server behind the balancer, on a loopback address of its own. */
export class Replica {
  /** Requests that arrived, as `METHOD path`. */
  readonly seen: string[] = [];
  /** Headers of the last request. */
  headers: IncomingMessage["headers"] = {};

  private constructor(
    readonly address: string,
    readonly server: Server,
    public handler: Handler,
  ) {
    server.on("request", (request, response) => {
      this.seen.push(`${request.method} ${request.url}`);
      this.headers = request.headers;
      response.setHeader("x-replica", this.address);
      request.resume();
      this.handler(request, response, this);
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** @param port 0: any that is free */
  static async start(address: string, port = 0, handler: Handler = (_request, response) => response.end(address)): Promise<Replica> {
    const server = createServer();
    server.listen(port, address);
    await once(server, "listening");
    return new Replica(address, server, handler);
  }

  /** Several on one port, at 127.0.1.1, 127.0.1.2 and so on, as the replicas of one name. */
  static async several(count: number, handler?: Handler): Promise<Replica[]> {
    const first = await Replica.start("127.0.1.1", 0, handler);
    const others = Array.from({ length: count - 1 }, (_, index) => Replica.start(`127.0.1.${index + 2}`, first.port, handler));
    return [first, ...(await Promise.all(others))];
  }

  /** Ends at once, like a killed process: open connections are reset. */
  async kill(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }
}
