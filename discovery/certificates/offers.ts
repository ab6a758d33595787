import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { Trouble } from "../trouble";
import type { Pair } from "./overlay";

/** Milliseconds between two looks. Traefik asks more often, and gets what is known. */
const LOOK_MS = 5000;

/** Milliseconds for an answer. */
const TIMEOUT_MS = 5000;

/** Bytes of an answer: a list of some hundred certificates, or one of them with its intermediates. */
const LARGEST = 1024 * 1024;

/** A line of the list: digest and file name, as sha256sum writes them. */
const LINE = /^([0-9a-f]{64}) [ *]([A-Za-z0-9._-]+)$/;

/** Where certificates are offered, and by what both sides know each other. */
export interface OffersOptions {
  /** @example "https://testbro-traefik-acme:8444" */
  url: string;
  /** Client certificate, its key, and the authority of the server's; PEM. */
  tls: { cert: string; key: string; ca: string };
  /** Milliseconds between two looks. @default 5000 */
  every?: number;
  /** Gets a line for people when something changes. */
  say: (line: string) => void;
}

/** Certificates that a service offers (`images/acme`): a list with digests, and the files it names. While the service is away the last ones stand. */
export class Offers {
  readonly #agent: Agent;
  #list: string | undefined;
  readonly #trouble: Trouble;
  #pairs: readonly Pair[] = [];
  #reachedAt: number | undefined;

  constructor(private readonly options: OffersOptions) {
    this.#agent = new Agent({ ...options.tls, keepAlive: true, maxSockets: 2 });
    this.#trouble = new Trouble(options.say);
  }

  /** Whether the service was reached at least once. */
  get known(): boolean {
    return this.#list !== undefined;
  }

  /** What is offered. */
  get pairs(): readonly Pair[] {
    return this.#pairs;
  }

  /** When the service was last read, milliseconds since 1970; undefined: never. */
  get reachedAt(): number | undefined {
    return this.#reachedAt;
  }

  /** Looks again and again until the signal; no trouble ends it. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#look();
        this.#reachedAt = Date.now();
        this.#trouble.over("the certificates that are offered can be read again");
      } catch (error) {
        const meanwhile = this.known ? "the certificates that were taken stay" : "the own authority's serve";
        this.#trouble.met(error as Error, (why) => `certificates cannot be read from ${this.options.url}, so ${meanwhile}: ${why}`);
      }
      await sleep(this.options.every ?? LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    this.#agent.destroy();
  }

  async #look(): Promise<void> {
    const list = await this.#get("list");
    if (list === this.#list) return;
    const files = new Map<string, string>();
    for (const line of list.split("\n").filter((each) => each !== "")) {
      const [, digest, name = ""] = LINE.exec(line) ?? [];
      if (digest === undefined) throw new Error(`the list has ${JSON.stringify(line.slice(0, 200))}`);
      const text = await this.#get(name);
      // Another version has just been made; the next look gets all of it.
      if (createHash("sha256").update(text).digest("hex") !== digest) throw new Error(`${name} is not what the list says`);
      files.set(name, text);
    }
    const pairs = [...files].flatMap(([name, certificate]): Pair[] => {
      const key = name.endsWith(".pem") ? files.get(name.replace(/\.pem$/, ".key")) : undefined;
      return key === undefined ? [] : [{ certificate, key }];
    });
    for (const pair of pairs) check(pair);
    this.#list = list;
    this.#pairs = pairs;
    for (const { certificate } of pairs) {
      const { subjectAltName, validTo } = new X509Certificate(certificate);
      this.options.say(`took a certificate for ${subjectAltName ?? "nobody"}, valid until ${validTo}`);
    }
  }

  #get(name: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(`${this.options.url}/${name}`, { agent: this.#agent, timeout: TIMEOUT_MS }, (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on("data", (part: Buffer) => {
          size += part.length;
          if (size > LARGEST) sent.destroy(new Error(`${name} is larger than ${LARGEST} bytes`));
          else parts.push(part);
        });
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode === 200) resolve(Buffer.concat(parts).toString());
          else reject(new Error(`${name} is answered with ${response.statusCode ?? 0}`));
        });
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      sent.on("error", reject);
      sent.end();
    });
  }
}

/** @throws Error where certificate and key do not belong together: Traefik would show neither */
function check({ certificate, key }: Pair): void {
  const parsed = new X509Certificate(certificate);
  if (!parsed.checkPrivateKey(createPrivateKey(key))) throw new Error(`the key for ${parsed.subjectAltName ?? "nobody"} is another one's`);
}
