import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type Docker from "dockerode";
import { Lanes } from "../signals/lanes";
import { ArrayReader, type Unchanged } from "./array-reader";

/** What dockerode has been told about the engine. */
interface Modem {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number | string;
  readonly protocol?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly timeout?: number;
}

/** Where dockerode sets no limit. Milliseconds. */
const TIMEOUT_MS = 9000;
/** Statistics are asked for container by container; an engine gathers them one lock at a time anyway. */
const CONNECTIONS = 32;

/**
 * Reads much from the engine for little: dockerode describes every request in full to its debug log, on or off, and holds every answer
 * in one piece, which adds up with a thousand services.
 */
export class EngineReader {
  private readonly modem: Modem;
  private readonly lanes = new Lanes(CONNECTIONS);
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  /** @param docker the engine to ask, with its time limit */
  constructor(docker: Docker) {
    this.modem = docker.modem as Modem;
  }

  /**
   * A list, or what is picked from each of its entries.
   *
   * @param path of the engine's API, e.g. "/tasks" @param unchanged what is known from the last time @throws Error with the engine's own message
   */
  async list<T, R>(path: string, pick: (entry: T) => R | undefined, unchanged?: Unchanged<R>): Promise<R[]> {
    const reader = new ArrayReader(pick, unchanged);
    await this.get(path, false, (chunk) => reader.write(chunk));
    return reader.end();
  }

  /**
   * One object.
   *
   * @param kept over a connection kept from earlier: cheaper, but one that the engine has just closed fails
   * @throws Error with the engine's own message
   */
  async object<T>(path: string, kept = true): Promise<T> {
    const parts: Buffer[] = [];
    const seconds = (this.modem.timeout ?? TIMEOUT_MS) / 1000;
    const take = (chunk: Buffer) => void parts.push(chunk);
    await this.lanes.run(() => this.get(path, kept, take), seconds, `the engine did not answer within ${seconds} s`);
    return JSON.parse(Buffer.concat(parts).toString()) as T;
  }

  private get(path: string, kept: boolean, take: (chunk: Buffer) => void): Promise<void> {
    const { socketPath, host, port, protocol, ca, cert, key, timeout = TIMEOUT_MS } = this.modem;
    const secure = protocol === "https";
    const options: RequestOptions & { ca?: string; cert?: string; key?: string } = {
      path,
      ...(socketPath === undefined ? { host, port, ...(secure ? { ca, cert, key } : {}) } : { socketPath }),
      ...(kept && !secure ? { agent: this.agent } : {}),
    };
    return new Promise((resolve, reject) => {
      // one timer from the question to the last byte: Node's own limits start anew with every byte
      const timer = setTimeout(() => request.destroy(new Error(`the engine did not answer within ${timeout / 1000} s`)), timeout);
      const failed = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      const request = (secure ? httpsRequest : httpRequest)(options, (response) => {
        const refused = response.statusCode !== 200;
        const parts: Buffer[] = [];
        response.on("data", (chunk: Buffer) => {
          try {
            if (refused) parts.push(chunk);
            else take(chunk);
          } catch (error) {
            request.destroy(error as Error);
          }
        });
        response.on("end", () => {
          clearTimeout(timer);
          if (refused) reject(refusal(response, Buffer.concat(parts).toString()));
          else resolve();
        });
        response.on("error", failed);
      });
      request.on("error", failed);
      request.end();
    });
  }
}

/** The engine's own words, as dockerode gives them. */
function refusal(response: IncomingMessage, text: string): Error {
  let message = text.slice(0, 200);
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? message;
  } catch {
    // not the engine's JSON: its text has to do
  }
  return Object.assign(new Error(`(HTTP code ${response.statusCode}) ${message}`), { statusCode: response.statusCode });
}
