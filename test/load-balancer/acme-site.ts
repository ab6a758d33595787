import { X509Certificate } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { renderNginx, RUNTIME_DIRECTORY } from "@testbro/components/load-balancer/nginx";
import { NameServer } from "./name-server";
import { freePorts, selfSigned } from "./nginx";
import { nginxCommand } from "./nginx-command";
import { Pebble, pebbleProgram } from "./pebble";
import { Script } from "./script";

/** Ports of one balancer. */
export interface BalancerPorts {
  http: number;
  https: number;
  status: number;
}

/** The host that certificates are for. */
export const HOST = "app.test";

/**
 * What a deployment with ACME consists of, on this machine: balancers that share one bundle (a folder), the service that gets
 * certificates, a name server, and Pebble as the authority. Nothing runs until it is started.
 */
export class AcmeSite {
  readonly #scripts = new Set<Script>();
  readonly #ends: (() => void)[] = [];

  private constructor(
    readonly folder: string,
    readonly names: NameServer,
    readonly pebble: Pebble,
    readonly balancers: BalancerPorts[],
    readonly ports: { challenge: number; offer: number; status: number },
    readonly pair: { certificateFile: string; keyFile: string },
  ) {}

  /** @param balancers how many; the first answers the authority's challenges */
  static async create(balancers: number): Promise<AcmeSite> {
    const folder = mkdtempSync(join(tmpdir(), "testbro-acme-"));
    for (const name of ["", "bundle", "home", "run-acme", ...Array.from({ length: balancers }, (_, index) => `run-${index}`)]) {
      mkdirSync(join(folder, name), { recursive: true });
      chmodSync(join(folder, name), 0o777);
    }
    const names = await NameServer.start();
    names.set(HOST, "127.0.0.1");
    const [challenge = 0, offer = 0, status = 0, port = 0, managementPort = 0, ...rest] = await freePorts(5 + 3 * balancers);
    const ports = Array.from({ length: balancers }, (_, index) => {
      const [http = 0, https = 0, own = 0] = rest.slice(3 * index);
      return { http, https, status: own };
    });
    const pebble = new Pebble(folder, { port, managementPort, httpPort: ports[0]?.http ?? 0, nameServer: names.address });
    const site = new AcmeSite(folder, names, pebble, ports, { challenge, offer, status }, selfSigned(folder, "both-sides", ["localhost"]));
    const own = selfSigned(folder, "own", [HOST]);
    copyFileSync(own.certificateFile, join(folder, "bundle", `acme-${HOST}.pem`));
    copyFileSync(own.keyFile, join(folder, "bundle", `acme-${HOST}.key`));
    return site;
  }

  /** Starts a script; its environment has what every one needs. */
  async #start(name: string, runtime: string, env: Record<string, string>): Promise<Script> {
    const tls = {
      NGINX_BUNDLE_CERTIFICATE: this.pair.certificateFile,
      NGINX_BUNDLE_KEY: this.pair.keyFile,
      NGINX_BUNDLE_CA: this.pair.certificateFile,
    };
    const image = name === "testbro-acme" ? "acme" : "nginx";
    const script = await Script.start(this.folder, name, { ...tls, NGINX_RUNTIME: join(this.folder, runtime), ...env }, image);
    this.#scripts.add(script);
    return script;
  }

  /** Starts the service that gets certificates, with short waits. */
  acme(env: Record<string, string> = {}): Promise<Script> {
    return this.#start("testbro-acme", "run-acme", {
      ACME_CERTIFICATES: HOST,
      ACME_EMAIL: "ops@example.org",
      ACME_DIRECTORY: this.pebble.directory,
      ACME_HOME: join(this.folder, "home"),
      ACME_HTTP_PORT: String(this.ports.challenge),
      ACME_STATUS_PORT: String(this.ports.status),
      ACME_BALANCER: `http://127.0.0.1:${this.balancers[0]?.http ?? 0}`,
      ACME_CHECK: "2",
      ACME_RETRY: "1",
      ACME_RETRY_MOST: "8",
      NGINX_BUNDLE_PORT: String(this.ports.offer),
      LEGO_CA_CERTIFICATES: this.pebble.authorityFile,
      ...env,
    });
  }

  /** Starts a balancer, which answers with the text that {@link write} was given. */
  balancer(index: number, env: Record<string, string> = {}): Promise<Script> {
    return this.#start("testbro-nginx", `run-${index}`, {
      NGINX_BUNDLE: join(this.folder, `bundle-${index}`),
      NGINX_BUNDLE_INTERVAL: "1",
      NGINX_OVERLAY: `https://localhost:${this.ports.offer}`,
      NGINX_OVERLAY_WAIT: "3",
      ...env,
    });
  }

  /** Writes the bundle. Balancers here share one network, so each has its own with its own ports. */
  write(text: string): void {
    for (const [index, ports] of this.balancers.entries()) {
      const configuration = renderNginx({
        hosts: [HOST],
        routes: [{ name: "app", path: "/", respond: { status: 200, body: text } }],
        tls: {
          certificates: [{ certificateFile: `/@bundle@/acme-${HOST}.pem`, keyFile: `/@bundle@/acme-${HOST}.key`, hosts: [HOST] }],
        },
        acme: { to: { host: "127.0.0.1", port: this.ports.challenge } },
        ports: { ...ports, publicHttps: ports.https },
        processes: { workers: 1 },
        accessLog: false,
      });
      const bundle = join(this.folder, `bundle-${index}`);
      mkdirSync(bundle, { recursive: true });
      for (const extension of ["pem", "key"]) {
        copyFileSync(join(this.folder, "bundle", `acme-${HOST}.${extension}`), join(bundle, `acme-${HOST}.${extension}`));
      }
      writeFileSync(join(bundle, "nginx.conf"), configuration.replaceAll(RUNTIME_DIRECTORY, join(this.folder, `run-${index}`)));
    }
  }

  /** The certificate a balancer shows a new client; undefined while it does not answer. */
  shown(index: number): Promise<X509Certificate | undefined> {
    const { https } = this.balancers[index] ?? { https: 0 };
    return new Promise((resolve) => {
      const socket = connect({ host: "127.0.0.1", port: https, servername: HOST, rejectUnauthorized: false }, () => {
        const { raw } = socket.getPeerCertificate();
        socket.destroy();
        resolve(raw ? new X509Certificate(raw) : undefined);
      });
      socket.setTimeout(5000, () => socket.destroy(new Error("no handshake")));
      socket.on("error", () => resolve(undefined));
    });
  }

  /** Waits until every balancer shows a certificate that fits. @returns the last balancer's */
  async shows(what: string, fits: (certificate: X509Certificate) => boolean, seconds = 90): Promise<X509Certificate> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const all = await Promise.all(this.balancers.map((_, index) => this.shown(index)));
      const last = all.at(-1);
      if (last && all.every((certificate) => certificate !== undefined && fits(certificate))) return last;
      if (Date.now() > deadline) {
        const seen = all.map((certificate) => (certificate ? `${certificate.issuer} ${certificate.serialNumber}` : "none"));
        throw new Error(`not every balancer shows ${what} within ${seconds} s: ${seen.join("; ")}\n${this.said()}`);
      }
      await sleep(300);
    }
  }

  /** A metric of the service that gets certificates. */
  async metric(name: string, certificate = HOST): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.ports.status}/metrics`)).text();
    const line = text.split("\n").find((each) => each.startsWith(`${name}{certificate="${certificate}"} `));
    return line === undefined ? NaN : Number(line.split(" ").at(-1));
  }

  /** Waits until a metric fits; it is written a moment after what it tells of. */
  async metricIs(name: string, fits: (value: number) => boolean, certificate = HOST): Promise<void> {
    for (let waited = 0; ; waited += 100) {
      const value = await this.metric(name, certificate).catch(() => NaN);
      if (fits(value)) return;
      if (waited > 60_000) throw new Error(`${name} is ${value}`);
      await sleep(100);
    }
  }

  /** What the scripts and Pebble said, for a failure's message. */
  said(): string {
    return [...this.#scripts].map((script) => script.output).join("\n---\n") + `\n--- Pebble\n${this.pebble.output.slice(-2000)}`;
  }

  /** A certificate that is offered to balancers; undefined until it is. */
  offered(file: string): Promise<X509Certificate | undefined> {
    const path = join(this.folder, "run-acme", "offered", file);
    return Promise.resolve(existsSync(path) ? new X509Certificate(readFileSync(path)) : undefined);
  }

  /** Does something more when all of it ends. */
  until(end: () => void): void {
    this.#ends.push(end);
  }

  async stop(script: Script): Promise<number> {
    this.#scripts.delete(script);
    return script.stop();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#scripts].map((script) => script.stop()));
    for (const end of this.#ends) end();
    await this.pebble.kill();
    await this.names.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether the bundle's own certificate is shown, which is self-signed. */
export function isOwn(certificate: X509Certificate): boolean {
  return certificate.issuer === certificate.subject;
}

/** Whether Pebble signed it. */
export function isIssued(certificate: X509Certificate): boolean {
  return certificate.issuer.includes("Pebble Intermediate CA");
}

/** Declares the hook of a suite that needs an ACME server and the service that gets certificates; skips it, saying why, where one cannot be had. */
export function needsAcme(): void {
  before(async function () {
    this.timeout(600_000);
    try {
      await pebbleProgram();
      // One after the other: the second image is built on the first.
      await nginxCommand();
      await nginxCommand("acme");
    } catch (error) {
      console.log(`skipped, because there is no ACME server or no nginx to test with: ${(error as Error).message}`);
      this.skip();
    }
  });
}
