import { Agent } from "node:https";
import { Agent as PlainAgent } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectSecurely } from "node:tls";
import { ask, type Destination, type Question } from "../ask";
import { resetStreams, type ResetReport } from "./http2";

/** What a client sees of an answer; `failure` instead of one when the connection broke. */
export interface Seen {
  path: string;
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** Milliseconds until it was complete, or failed. */
  took: number;
  failure?: string;
}

export interface Steady {
  path: string;
  /** Requests a second, sent on schedule whether or not earlier ones have been answered. */
  rate: number;
  seconds: number;
  headers?: Record<string, string>;
  /** Bytes of a body; with one it is a POST. @default none */
  body?: number;
}

export interface Flood {
  path: string;
  seconds: number;
  connections: number;
  headers?: Record<string, string>;
}

export interface FloodReport {
  /** Answers by status; broken connections under their error. */
  counts: Record<string, number>;
  /** Seconds from the first connection to the end of the last one. */
  seconds: number;
  /** Different values of Retry-After among the answers with 429. */
  retryAfter: string[];
}

/** Bytes that go out one after the other on a connection, and how long it may stay open. */
export interface Slow {
  connections: number;
  /** Sent at once. */
  first: string;
  /** Sent every so many milliseconds after that. */
  drip?: { text: string; every: number };
  /** Milliseconds after which a connection that is still open counts as not closed. */
  patience: number;
}

export interface SlowReport {
  /** Milliseconds from the handshake until the balancer closed each connection; those it left open are missing. */
  closedAfter: number[];
  /** First lines of what it answered, by how often. */
  answers: Record<string, number>;
}

/** Requests of a flood that are under way on one connection. */
const AT_ONCE = 10;

export interface Deaf {
  path: string;
  connections: number;
  /** Milliseconds after which a connection that is still open counts as not closed. */
  patience: number;
}

async function see(to: Destination, path: string, question: Question): Promise<Seen> {
  const started = performance.now();
  const done = () => performance.now() - started;
  try {
    const { status, headers, text } = await ask(to, path, question);
    return { path, status, headers, text, took: done() };
  } catch (error) {
    const failure = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return { path, status: 0, headers: {}, text: "", took: done(), failure };
  }
}

function agent(to: Destination, connections: number): PlainAgent {
  const options = { keepAlive: true, maxSockets: connections };
  return to.ca === "" ? new PlainAgent(options) : new Agent(options);
}

/** A connection, through TLS where the balancer has it. */
function open(to: Destination): Socket {
  const host = to.address ?? "127.0.0.1";
  if (to.ca === "") return connect(to.ports.http, host);
  return connectSecurely({ host, port: to.ports.https, ca: to.ca, servername: "localhost", ALPNProtocols: ["http/1.1"] });
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** What clients can be told to do; arguments and results travel between processes. */
export const tasks = {
  /** Sends requests, all at once, each on a connection of its own. */
  ask(to: Destination, requests: { path: string; question?: Question }[]): Promise<Seen[]> {
    return Promise.all(requests.map(({ path, question = {} }) => see(to, path, question)));
  },

  /** Uses the balancer as people do: some requests on connections that stay open, as many on new ones. */
  async steady(to: Destination, { path, rate, seconds, headers = {}, body }: Steady): Promise<Seen[]> {
    const question = { headers, ...(body === undefined ? {} : { method: "POST", body: Buffer.alloc(body) }) };
    const kept = agent(to, 10);
    const sent: Promise<Seen>[] = [];
    const started = performance.now();
    for (let number = 0; number < rate * seconds; number++) {
      const due = started + (number * 1000) / rate;
      await sleep(Math.max(0, due - performance.now()));
      sent.push(see(to, path, number % 2 === 0 ? { ...question, agent: kept } : question));
    }
    const seen = await Promise.all(sent);
    kept.destroy();
    return seen;
  },

  /**
   * Asks as fast as the balancer answers: on every connection ten requests at once, and ten more when those are answered. Answers are
   * not looked at beyond their status, so that the client is not what slows it down.
   */
  async flood(to: Destination, { path, seconds, connections, headers = {} }: Flood): Promise<FloodReport> {
    const host = `localhost:${to.ca === "" ? to.ports.http : to.ports.https}`;
    const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
    const counts: Record<string, number> = {};
    const waits = new Set<string>();
    const started = performance.now();
    const end = started + seconds * 1000;
    const one = () =>
      new Promise<void>((resolve) => {
        const socket = open(to);
        let left = 0;
        let rest = "";
        const next = () => {
          if (performance.now() >= end) return void socket.destroy();
          left = AT_ONCE;
          socket.write(request.repeat(AT_ONCE));
        };
        socket.on("data", (chunk: Buffer) => {
          const text = rest + chunk.toString("latin1");
          // What may be the start of an answer's head waits for the rest of it.
          const complete = text.lastIndexOf("\r\n\r\n") + 4;
          rest = complete < 4 ? text : text.slice(complete);
          for (const [, status = ""] of text.slice(0, Math.max(0, complete)).matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
            count(counts, status);
            left--;
          }
          for (const [, wait = ""] of text.slice(0, Math.max(0, complete)).matchAll(/^retry-after: (\S+)/gim)) waits.add(wait);
          if (left === 0) next();
        });
        socket.on("error", (error: NodeJS.ErrnoException) => count(counts, error.code ?? error.message));
        socket.on("close", () => resolve());
        next();
      });
    // A connection ends after 1000 requests (nginx's keepalive_requests); then another takes its place.
    const slot = async () => {
      while (performance.now() < end) await one();
    };
    await Promise.all(Array.from({ length: connections }, slot));
    return { counts, seconds: (performance.now() - started) / 1000, retryAfter: [...waits] };
  },

  /** Holds connections with requests that never end. */
  async slow(to: Destination, { connections, first, drip, patience }: Slow): Promise<SlowReport> {
    const closedAfter: number[] = [];
    const answers: Record<string, number> = {};
    await Promise.all(
      Array.from({ length: connections }, async (_, index) => {
        // A few milliseconds apart, so that handshakes do not all fall on one moment.
        await sleep(index * 2);
        await new Promise<void>((resolve) => {
          const socket = open(to);
          let started = performance.now();
          let giveUp: NodeJS.Timeout | undefined;
          let dripping: NodeJS.Timeout | undefined;
          let answer = "";
          socket.on(to.ca === "" ? "connect" : "secureConnect", () => {
            started = performance.now();
            giveUp = setTimeout(() => socket.destroy(), patience);
            dripping = drip && setInterval(() => socket.write(drip.text), drip.every);
            socket.write(first);
          });
          socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
          socket.on("error", () => undefined);
          socket.on("close", () => {
            clearTimeout(giveUp);
            clearInterval(dripping);
            const took = performance.now() - started;
            if (took < patience) closedAfter.push(took);
            if (answer !== "") count(answers, answer.slice(0, answer.indexOf("\r\n")));
            resolve();
          });
        });
      }),
    );
    return { closedAfter, answers };
  },

  /** Asks for something and never reads the answer. */
  async deaf(to: Destination, { path, connections, patience }: Deaf): Promise<Pick<SlowReport, "closedAfter">> {
    const closedAfter: number[] = [];
    const one = async () => {
      const socket = open(to);
      socket.on("error", () => undefined);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost:${to.ports.https}\r\n\r\n`);
      const started = performance.now();
      // A socket that is not read does not learn that it was closed; one that is written to does.
      while (performance.now() - started < patience) {
        await sleep(250);
        if (!socket.writable) return void closedAfter.push(performance.now() - started);
        socket.write("\r\n");
      }
      socket.destroy();
    };
    await Promise.all(Array.from({ length: connections }, one));
    return { closedAfter };
  },

  /** Sends bytes as they are. @returns everything that came back until the connection was closed or silent for `quiet` milliseconds */
  raw(to: Destination, bytes: string, quiet = 700): Promise<string> {
    return new Promise((resolve) => {
      const socket = open(to);
      let answer = "";
      let timer = setTimeout(() => socket.destroy(), 10_000);
      socket.write(Buffer.from(bytes, "latin1"));
      socket.on("data", (chunk: Buffer) => {
        answer += chunk.toString("latin1");
        clearTimeout(timer);
        timer = setTimeout(() => socket.destroy(), quiet);
      });
      socket.on("error", () => undefined);
      socket.on("close", () => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  },

  /** Opens HTTP/2 streams and takes each back at once (CVE-2023-44487), on some connections. */
  resetStreams(to: Destination, connections: number, streams: number): Promise<ResetReport[]> {
    return Promise.all(Array.from({ length: connections }, () => resetStreams(to, streams)));
  },
};

export type Tasks = typeof tasks;
