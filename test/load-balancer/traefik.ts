import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
  renderTraefik,
  TRAEFIK_RUNTIME,
  TRAEFIK_STATE,
  type RenderedTraefik,
  type TraefikOptions,
  type TraefikTls,
} from "@testbro/components/load-balancer/traefik";
import { ask } from "./ask";
import { freePorts, selfSigned } from "./nginx";

/** What a test says of a balancer; ports, directories and certificate are the fixture's. */
export interface TraefikTest extends Omit<TraefikOptions, "tls"> {
  /** @default false */
  tls?: Omit<TraefikTls, "certificates"> | boolean;
}

/** Root folder of the checkout; this file runs from `test/dist/load-balancer`. */
const CHECKOUT = resolve(__dirname, "../../..");

/** What Traefik says where no router is for a request. */
const UNKNOWN = "404 page not found\n";

/** What is asked until Traefik has its routes. */
const READY_PATH = "/ready-for-the-test";

let found: Promise<string> | undefined;

/** The program TESTBRO_TRAEFIK names, else the toolchain's. Looked for once. */
export function traefikProgram(): Promise<string> {
  const own = process.env["TESTBRO_TRAEFIK"];
  const url = pathToFileURL(join(CHECKOUT, "toolchain/traefik/index.mjs")).href;
  found ??= own
    ? Promise.resolve(own)
    : import(url).then(async (toolchain: { ensureTraefik(): Promise<{ program: string }> }) => (await toolchain.ensureTraefik()).program);
  return found;
}

/** Ports of one Traefik. */
export interface TraefikPorts {
  http: number;
  https: number;
  status: number;
}

/** A real Traefik with a rendered configuration, in a directory of its own. */
export class Traefik {
  #process: ChildProcess | undefined;
  #log = "";
  #host = "";

  private constructor(
    readonly folder: string,
    readonly ports: TraefikPorts,
    private readonly program: string,
    /** Certificate to trust, PEM; empty without TLS. */
    readonly ca: string,
    private readonly tls: TraefikTls | false,
  ) {}

  /**
   * Starts Traefik with the options and waits until it has their routes.
   * @param place its ports, by default free ones; `routes: false` where another source than a file brings routes and certificates, `certificates: false`
   * where it gets them itself
   * @throws Error with Traefik's own words when it refuses them
   */
  static async start(test: TraefikTest, place: { ports?: TraefikPorts; routes?: false; certificates?: false } = {}): Promise<Traefik> {
    const program = await traefikProgram();
    const folder = mkdtempSync(join(tmpdir(), "testbro-traefik-"));
    chmodSync(folder, 0o755);
    for (const directory of ["run", "run/dynamic", "state"]) mkdirSync(join(folder, directory));
    const [http = 0, https = 0, status = 0] = await freePorts(3);
    const ports = place.ports ?? { http, https, status };
    const hosts = [...new Set(["localhost", "127.0.0.1", ...(test.hosts ?? []), ...test.routes.flatMap((route) => route.hosts ?? [])])];
    const dashboard = test.dashboard ? [test.dashboard.host] : [];
    const files = test.tls ? selfSigned(folder, "tls", [...hosts, ...dashboard]) : undefined;
    const certificate = files && { certificate: readFileSync(files.certificateFile, "utf8"), key: readFileSync(files.keyFile, "utf8") };
    const certificates = place.certificates === false || !certificate ? [] : [certificate];
    const tls = test.tls ? { ...(test.tls === true ? {} : test.tls), certificates } : false;
    const traefik = new Traefik(folder, ports, program, certificate?.certificate ?? "", tls);
    traefik.#begin(test);
    if (place.routes !== false) traefik.write(test);
    traefik.#host = test.hosts?.[0] ?? "localhost";
    await traefik.#run();
    return traefik;
  }

  /** Writes the configuration of some options; a running Traefik takes what it can take while it runs. */
  write(test: TraefikTest): void {
    this.place("routes", this.#placed(this.#render(test).dynamicText));
  }

  /** Writes what it starts with. */
  #begin(test: TraefikTest): void {
    const { staticText, hostLists } = this.#render(test);
    writeFileSync(join(this.folder, "traefik.yml"), this.#placed(staticText));
    // As the image's entry point does it, where this machine is the host.
    const behindProxies = test.trustedProxies ? { ipStrategy: { excludedIPs: test.trustedProxies.ranges } } : {};
    const lists = Object.entries({ host: [], ...hostLists }).map(([name, ranges]) => [
      name,
      { ipAllowList: { sourceRange: ["127.0.0.1", ...ranges], ...behindProxies } },
    ]);
    this.place("host", JSON.stringify({ http: { middlewares: Object.fromEntries(lists) as object } }));
  }

  #render(test: TraefikTest): RenderedTraefik {
    const ports = { ...this.ports, publicHttps: this.ports.https, publicHttp: this.ports.http };
    return renderTraefik({ ...test, tls: this.tls, ports });
  }

  #placed(text: string): string {
    return text.replaceAll(TRAEFIK_RUNTIME, join(this.folder, "run")).replaceAll(TRAEFIK_STATE, join(this.folder, "state"));
  }

  /** Puts a dynamic configuration where Traefik reads it, at once. */
  place(name: string, text: string): void {
    const file = join(this.folder, "run/dynamic", `${name}.yml`);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }

  /** What Traefik logged of requests, one object each. */
  async log(): Promise<Record<string, unknown>[]> {
    await sleep(300);
    return this.#lines().filter((line) => "RequestMethod" in line && line["RequestPath"] !== READY_PATH);
  }

  /** What Traefik complained about, but for the dashboard's page, which a build from source does not have. */
  get errors(): string[] {
    return this.#lines()
      .filter((line) => line["level"] === "error" || line["level"] === "fatal")
      .filter((line) => line["message"] !== "Error appending dashboard to API router")
      .map((line) => JSON.stringify(line));
  }

  #lines(): Record<string, unknown>[] {
    const lines = this.#log.split("\n").filter((line) => line.startsWith("{"));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Its metrics. */
  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.ports.status}/metrics`)).text();
  }

  async #kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async stop(): Promise<void> {
    await this.#kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Asks it to stop, and waits until it has. */
  async terminate(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }

  /** Ends it at once, and starts it again with what it was started with. */
  async restart(): Promise<void> {
    await this.#kill();
    this.#log = "";
    await this.#run();
  }

  async #run(): Promise<void> {
    const child = spawn(this.program, [`--configFile=${join(this.folder, "traefik.yml")}`], { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (this.#log += chunk.toString()));
    const deadline = Date.now() + 60_000;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`Traefik ended with ${child.exitCode}:\n${this.#log}`);
      const refused = this.errors.filter((line) => line.includes("collecting file configs"));
      if (refused.length > 0) throw new Error(`Traefik refuses its routes:\n${refused.join("\n")}`);
      // Before it has read the routes it knows no path at all.
      const answer = await ask(this, READY_PATH, { scheme: "http", host: this.#host }).catch(() => undefined);
      if (answer && answer.text !== UNKNOWN) return;
      if (Date.now() > deadline) throw new Error(`Traefik had no routes within 60 s`);
      await sleep(50);
    }
  }

  get running(): boolean {
    return existsSync(this.folder) && this.#process?.exitCode === null;
  }
}
