import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { selfSigned } from "./nginx";

/** Where a Pebble listens and whom it asks. */
export interface PebbleOptions {
  port: number;
  managementPort: number;
  /** Port of HTTP-01 challenges on every host. */
  httpPort: number;
  /** Name server it asks, with port. */
  nameServer: string;
}

/** Pebble's program, built where there is none. @throws Error saying why there can be none */
export async function pebbleProgram(): Promise<string> {
  const path = resolve(__dirname, "../../..", "toolchain/pebble.mjs");
  const { ensurePebble } = (await import(pathToFileURL(path).href)) as { ensurePebble(): Promise<string | undefined> };
  const program = await ensurePebble();
  if (program === undefined) throw new Error("Pebble is built with Go, which is not installed (or name the program with PEBBLE)");
  return program;
}

/** A real ACME server. It keeps nothing: one that starts anew knows no account and signs with another root. */
export class Pebble {
  readonly #tls: { certificateFile: string; keyFile: string };
  readonly #configuration: string;
  readonly #settings: { tlsPort: number; [name: string]: unknown };
  #process: ChildProcess | undefined;
  output = "";

  constructor(
    folder: string,
    private readonly options: PebbleOptions,
  ) {
    this.#tls = selfSigned(folder, "pebble", ["localhost"]);
    this.#configuration = join(folder, "pebble.json");
    this.#settings = {
      listenAddress: `127.0.0.1:${options.port}`,
      managementListenAddress: `127.0.0.1:${options.managementPort}`,
      certificate: this.#tls.certificateFile,
      privateKey: this.#tls.keyFile,
      httpPort: options.httpPort,
      tlsPort: options.httpPort,
      keyAlgorithm: "ecdsa",
      retryAfter: { authz: 1, order: 1 },
    };
  }

  /** From its next start on, TLS-ALPN-01 challenges go to this port of every host. @default the one of HTTP-01 challenges */
  challengesAt({ tls }: { tls: number }): void {
    this.#settings.tlsPort = tls;
  }

  get directory(): string {
    return `https://localhost:${this.options.port}/dir`;
  }

  /** File with the certificate its own clients have to trust. */
  get authorityFile(): string {
    return this.#tls.certificateFile;
  }

  async start(): Promise<void> {
    const program = await pebbleProgram();
    writeFileSync(this.#configuration, JSON.stringify({ pebble: this.#settings }));
    // Authorizations are not used again, so that every renewal is a challenge.
    const env = { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_AUTHZREUSE: "0" };
    const child = spawn(program, ["-config", this.#configuration, "-dnsserver", this.options.nameServer], { env });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    for (let waited = 0; ; waited += 100) {
      const answered = await this.#ask("GET", "/roots/0").then(
        () => true,
        () => false,
      );
      if (answered) return;
      if (child.exitCode !== null || waited > 20_000) throw new Error(`Pebble does not answer:\n${this.output}`);
      await sleep(100);
    }
  }

  /** Ends it at once; what it knew is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Certificate of the root it signs with, PEM. */
  root(): Promise<string> {
    return this.#ask("GET", "/roots/0");
  }

  /** Has it ask for the renewal of a certificate (PEM) at once (ACME renewal information, RFC 9773). */
  async wantRenewed(certificate: string): Promise<void> {
    const day = 86_400_000;
    const suggestedWindow = { start: new Date(Date.now() - 2 * day), end: new Date(Date.now() - day) };
    await this.#ask("POST", "/set-renewal-info/", { certificate, ariResponse: JSON.stringify({ suggestedWindow }) });
  }

  #ask(method: string, path: string, body?: unknown): Promise<string> {
    const ca = readFileSync(this.#tls.certificateFile);
    const headers = { "user-agent": "testbro" };
    const options = {
      host: "127.0.0.1",
      servername: "localhost",
      port: this.options.managementPort,
      path,
      method,
      ca,
      agent: false,
      headers,
    };
    return new Promise((answered, failed) => {
      const asking = request(options, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => {
          if (response.statusCode === 200) answered(text);
          else failed(new Error(`Pebble answered ${response.statusCode}: ${text}`));
        });
      });
      asking.on("error", failed);
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
