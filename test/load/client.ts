import { Agent, request } from "node:https";
import type { TLSSocket } from "node:tls";
import type { LoadOptions } from "./options";
import type { FailureKind } from "./report";

/** One request of a run. */
export interface LoadRequest {
  id: string;
  method: "GET" | "POST";
  path: string;
  /** When it was due, on the clock of `performance.now()`. */
  due: number;
}

/** What became of it. */
export type Outcome = { ok: true } | { ok: false; kind: FailureKind; detail: string };

const EXPECTED = { GET: 200, POST: 201 };

/**
 * Sends requests over node:https, each exactly once: nothing here or in Node sends one again.
 * A connection whose last answer said `connection: close` is not used again, as HTTP asks of a client.
 */
export class LoadClient {
  /** Connections opened so far. */
  connections = 0;
  readonly #agents: Agent[];
  readonly #options: LoadOptions;
  readonly #url: URL;
  #next = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    // One agent a client, each with one connection as long as its answers come sooner than its next turn: a single pool would
    // serve 100 requests a second over the one or two connections that are free first, and test little.
    const count = options.mode === "keep-alive" ? options.connections : 0;
    this.#agents = Array.from({ length: count }, () => new Agent({ keepAlive: true, maxFreeSockets: 8 }));
  }

  /** Resolves when the answer is complete, the connection broke, or the time is over. Never rejects. */
  async send(sent: LoadRequest): Promise<Outcome> {
    const { addresses } = this.#options;
    const turn = this.#next++;
    const agent = this.#agents[turn % this.#agents.length];
    for (let tried = 1; ; tried++) {
      const address = addresses[(turn + tried - 1) % addresses.length] ?? "";
      const outcome = await this.#sendTo(address, agent, sent);
      // Only what no connection came about for, so that nothing is ever sent twice.
      if (outcome.ok || outcome.kind !== "connect" || tried === addresses.length) return outcome;
    }
  }

  #sendTo(address: string, agent: Agent | undefined, sent: LoadRequest): Promise<Outcome> {
    const { ca, timeout } = this.#options;
    const body = sent.method === "POST" ? JSON.stringify({ name: sent.id }) : undefined;
    return new Promise((resolve) => {
      let connected = false;
      let done = false;
      const finish = (outcome: Outcome) => {
        if (done) return;
        done = true;
        clearTimeout(timer);
        resolve(outcome);
      };
      const outgoing = request({
        host: address,
        servername: this.#url.hostname,
        port: this.#url.port || 443,
        ca,
        method: sent.method,
        path: sent.path,
        agent: agent ?? false,
        headers: {
          host: this.#url.host,
          "x-request-id": sent.id,
          ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        },
      });
      const broken = (error: NodeJS.ErrnoException) => {
        const kind = !connected ? "connect" : outgoing.reusedSocket ? "broken-reused" : "broken";
        finish({ ok: false, kind, detail: error.code ?? error.message });
      };
      const timer = setTimeout(
        () => {
          finish({
            ok: false,
            kind: "timeout",
            detail: connected ? `no complete answer in ${timeout} ms` : `no connection in ${timeout} ms`,
          });
          outgoing.destroy();
        },
        Math.max(0, sent.due + timeout - performance.now()),
      );
      outgoing.on("socket", (socket) => {
        if (outgoing.reusedSocket) {
          connected = true;
        } else {
          this.connections++;
          (socket as TLSSocket).once("secureConnect", () => (connected = true));
        }
      });
      outgoing.on("error", broken);
      outgoing.on("response", (response) => {
        response.on("error", broken);
        response.on("end", () => {
          // A busy client's timers are late; an answer that is too late has failed all the same.
          if (performance.now() - sent.due > timeout) finish({ ok: false, kind: "timeout", detail: `complete only after ${timeout} ms` });
          else if (response.statusCode === EXPECTED[sent.method]) finish({ ok: true });
          else finish({ ok: false, kind: "status", detail: String(response.statusCode) });
        });
        response.resume();
      });
      outgoing.end(body);
    });
  }

  /** Closes the connections that stayed open. */
  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }
}
