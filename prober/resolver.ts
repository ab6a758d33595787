import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { hostAndPort } from "./configuration";

/** Milliseconds for one attempt, of which there are two: together below the second after which nginx passes the prober by. */
const ATTEMPT_MS = 400;
const ATTEMPTS = 2;

interface Server {
  host: string;
  port: number;
  /** The host's address, as far as it has been looked up. */
  address?: string;
}

/** The platform's name servers. */
export class Resolver {
  readonly #servers: Server[];

  constructor(servers: readonly string[]) {
    this.#servers = servers.map((text) => {
      const server = hostAndPort(text, 53);
      return isIP(server.host) === 0 ? server : { ...server, address: server.host };
    });
  }

  /** Passes a query on. @returns the answer as it came, undefined when none came in time */
  async ask(query: Buffer): Promise<Buffer | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const server = this.#servers[attempt % this.#servers.length];
      if (!server) return undefined;
      const answer = await this.#attempt(server, query);
      if (answer) return answer;
      // The address behind a name may have changed.
      if (isIP(server.host) === 0) delete server.address;
    }
    return undefined;
  }

  async #attempt(server: Server, query: Buffer): Promise<Buffer | undefined> {
    try {
      server.address ??= (await lookup(server.host)).address;
    } catch {
      return undefined;
    }
    const { address, port } = server;
    return new Promise((resolve) => {
      // A socket for each question: its port is a new one each time, as RFC 5452 asks for.
      const socket = createSocket(isIP(address) === 6 ? "udp6" : "udp4");
      const end = (answer?: Buffer): void => {
        clearTimeout(timer);
        socket.removeAllListeners().on("error", () => undefined);
        socket.close();
        resolve(answer);
      };
      const timer = setTimeout(end, ATTEMPT_MS);
      socket.on("error", () => end());
      socket.on("message", (message) => {
        if (message.length >= 12 && message.readUInt16BE(0) === query.readUInt16BE(0)) end(message);
      });
      socket.connect(port, address, () => socket.send(query));
    });
  }
}
