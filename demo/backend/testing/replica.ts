import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { end, freePort, until } from "./services";

/** A line of the log. */
type LogLine = Record<string, unknown> & { msg?: string };

/** One process of the backend, as it is compiled. */
export class Replica {
  #child: ChildProcess | undefined;
  #output = "";
  #port = 0;
  #metricsPort = 0;

  constructor(readonly environment: Record<string, string>) {}

  get base(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get child(): ChildProcess {
    if (this.#child === undefined) throw new Error("not started");
    return this.#child;
  }

  /** Everything that it wrote. */
  get output(): string {
    return this.#output;
  }

  get log(): LogLine[] {
    return this.#output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Starts the process; resolves when it answers. */
  async start(): Promise<this> {
    await this.spawn();
    await until("the start of a replica", async () => ((await this.status("/health").catch(() => 0)) > 0 ? true : undefined));
    return this;
  }

  /** Starts the process and waits for nothing. */
  async spawn(): Promise<this> {
    this.#port = await freePort();
    this.#metricsPort = await freePort();
    const env = { PATH: process.env.PATH, PORT: String(this.#port), METRICS_PORT: String(this.#metricsPort), ...this.environment };
    this.#child = spawn(process.execPath, [join(__dirname, "..", "server.js")], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    }
    return this;
  }

  get(path: string): Promise<Response> {
    return fetch(this.base + path);
  }

  post(path: string, body: unknown): Promise<Response> {
    return fetch(this.base + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  }

  async json<T = Record<string, unknown>>(path: string): Promise<T> {
    return (await (await this.get(path)).json()) as T;
  }

  async status(path: string): Promise<number> {
    const response = await this.get(path);
    await response.arrayBuffer();
    return response.status;
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`)).text();
  }

  async ready(seconds = 60): Promise<this> {
    let reasons: unknown;
    try {
      await until(
        "readiness",
        async () => {
          const answer = await this.json<{ ready: boolean; reasons: string[] }>("/health/ready");
          reasons = answer.reasons;
          return answer.ready ? true : undefined;
        },
        seconds,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${JSON.stringify(reasons)}`, { cause: error });
    }
    return this;
  }

  /** Waits until it is not ready. @returns the reasons */
  notReady(): Promise<string[]> {
    return until("the loss of readiness", async () => {
      const { ready, reasons } = await this.json<{ ready: boolean; reasons: string[] }>("/health/ready");
      return ready ? undefined : reasons;
    });
  }

  /** Ends the process; a replica that never started is no problem. @returns its exit code */
  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    return end(this.#child, signal);
  }
}
