import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CACHE_DIRECTORY,
  renderNginx,
  renderProber,
  RUNTIME_DIRECTORY,
  type NginxOptions,
  type TlsOptions,
} from "@testbro/components/load-balancer/nginx";
import { nginxCommand, type Confines, type NginxCommand } from "./nginx-command";

/** What a test says of a balancer; ports, directories and certificate are the fixture's. */
export interface NginxTest extends Omit<NginxOptions, "tls"> {
  /** @default false */
  tls?: Omit<TlsOptions, "certificates"> | boolean;
}

/** A certificate for the hosts, made by openssl for one test run. */
export function selfSigned(folder: string, name: string, hosts: string[]): { certificateFile: string; keyFile: string } {
  const [certificateFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const names = hosts.map((host) => (/^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`)).join(",");
  const subject = ["-subj", `/CN=${hosts[0]}`, "-addext", `subjectAltName=${names}`];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-days", "1", "-out", certificateFile, "-keyout", keyFile], {
    stdio: "pipe",
  });
  chmodSync(keyFile, 0o644);
  return { certificateFile, keyFile };
}

/** Ports nothing listens on at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, "0.0.0.0");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** A real nginx with a rendered configuration, in a directory of its own. */
export class Nginx {
  #process: ChildProcess | undefined;
  #errors = "";

  private constructor(
    readonly folder: string,
    readonly ports: { http: number; https: number; status: number; dns: number; prober: number },
    private readonly command: NginxCommand,
    /** Certificate to trust, PEM; empty without TLS. */
    readonly ca: string,
    private readonly tls: TlsOptions | false,
  ) {}

  /** Starts nginx with the options and waits until it answers. @throws Error with nginx's own words when it refuses them */
  static async start(test: NginxTest, prepare: (folder: string) => void = () => undefined, confines?: Confines): Promise<Nginx> {
    const nginx = await Nginx.prepare(test, prepare);
    await nginx.#run(confines);
    return nginx;
  }

  /** Writes the configuration without starting nginx. */
  static async prepare(test: NginxTest, prepare: (folder: string) => void = () => undefined): Promise<Nginx> {
    const command = await nginxCommand();
    const folder = mkdtempSync(join(tmpdir(), "testbro-nginx-"));
    for (const directory of [folder, join(folder, "run"), join(folder, "cache")]) {
      mkdirSync(directory, { recursive: true });
      chmodSync(directory, 0o777);
    }
    const [http = 0, https = 0, status = 0, dns = 0, prober = 0] = await freePorts(5);
    writeFileSync(join(folder, "run", "host-access.conf"), "allow 127.0.0.1;\n");
    prepare(folder);
    const hosts = [...new Set(["localhost", "127.0.0.1", ...(test.hosts ?? []), ...test.routes.flatMap((route) => route.hosts ?? [])])];
    const certificate = test.tls ? selfSigned(folder, "tls", hosts) : undefined;
    const tls = certificate ? { ...(test.tls === true || !test.tls ? {} : test.tls), certificates: [certificate] } : false;
    const ca = certificate ? readFileSync(certificate.certificateFile, "utf8") : "";
    const nginx = new Nginx(folder, { http, https, status, dns, prober }, command, ca, tls);
    nginx.write(test);
    return nginx;
  }

  get configuration(): string {
    return join(this.folder, "nginx.conf");
  }

  /** Writes the configuration of other options in the same place. */
  write(test: NginxTest): void {
    const options: NginxOptions = {
      processes: { workers: 1 },
      ...test,
      tls: this.tls,
      ports: { ...this.ports, publicHttps: this.ports.https, publicHttp: this.ports.http },
    };
    this.place(renderNginx(options));
    const prober = renderProber(options);
    if (prober !== undefined) this.place(prober, join(this.folder, "prober.json"));
  }

  /** Puts a rendered configuration where nginx (the prober) reads it. */
  place(text: string, file = this.configuration): void {
    const placed = text
      .replaceAll(RUNTIME_DIRECTORY, join(this.folder, "run"))
      .replaceAll(CACHE_DIRECTORY, join(this.folder, "cache"))
      .replaceAll("/dev/stdout", join(this.folder, "access.log"))
      // Where routes of files have them: a test puts its own there.
      .replaceAll("/srv/", join(this.folder, "srv/"));
    // As the image's entry point does.
    writeFileSync(file, existsSync("/proc/net/if_inet6") ? placed : placed.replace(/^( *)listen "\[::\]/gm, '$1# listen "[::]'));
  }

  /** Whether nginx accepts the configuration, and what it says. */
  test(): { accepted: boolean; output: string } {
    const { file, args } = this.command.run(this.folder, ["-e", "stderr", "-t", "-c", this.configuration]);
    const { status, stderr } = spawnSync(file, args, { encoding: "utf8", timeout: 60_000 });
    return { accepted: status === 0, output: stderr };
  }

  /** Has nginx take the configuration as it is now, and waits until a new worker serves. */
  async reload(): Promise<void> {
    const { file, args } = this.command.run(this.folder, ["-e", "stderr", "-s", "reload", "-c", this.configuration]);
    execFileSync(file, args, { stdio: "pipe", timeout: 60_000 });
    await sleep(500);
  }

  /** What nginx logged, one object a request. */
  async log(): Promise<Record<string, unknown>[]> {
    await sleep(1200);
    const file = join(this.folder, "access.log");
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** What nginx wrote to its error log. */
  get errors(): string {
    return this.#errors;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null) {
      const ended = once(child, "exit");
      const { file, args } = this.command.run(this.folder, ["-e", "stderr", "-s", "stop", "-c", this.configuration]);
      execFileSync(file, args, { stdio: "pipe", timeout: 60_000 });
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #run(confines?: Confines): Promise<void> {
    const { file, args } = this.command.run(this.folder, ["-e", "stderr", "-c", this.configuration, "-g", "daemon off;"], confines);
    const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    child.stderr.on("data", (chunk: Buffer) => (this.#errors += chunk.toString()));
    await this.answers(() => child.exitCode);
  }

  /** Waits until it answers. @param ended the exit code, once there is one */
  async answers(ended: () => number | null): Promise<void> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      if (ended() !== null) throw new Error(`nginx ended with ${ended()}:\n${this.#errors}`);
      const answered = await fetch(`http://127.0.0.1:${this.ports.status}/healthz`).then(
        (response) => response.ok,
        () => false,
      );
      if (answered) return;
      if (Date.now() > deadline) throw new Error(`nginx did not answer within 20 s:\n${this.#errors}`);
      await sleep(50);
    }
  }
}
