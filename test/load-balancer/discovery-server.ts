import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientFiles } from "@testbro/components/load-balancer/traefik";
import { createDiscovery, type DiscoveryOptions } from "@testbro/discovery/dist/server";

/** A discovery in this process, with certificates of its own, that comes and goes. */
export class DiscoveryServer {
  readonly folder = mkdtempSync(join(tmpdir(), "testbro-discovery-"));
  /** What Traefik shows it. */
  readonly files: ClientFiles;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  constructor() {
    chmodSync(this.folder, 0o755);
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: this.folder, stdio: "pipe" });
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
    openssl("req", "-x509", ...curve, "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem");
    for (const name of ["server", "client"]) {
      const subject = ["-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", `${name}.key`, "-out", `${name}.pem`];
      openssl("req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", ...curve, ...subject);
    }
    const [caFile, certificateFile, keyFile] = ["ca.pem", "client.pem", "client.key"].map((name) => join(this.folder, name)) as [
      string,
      string,
      string,
    ];
    this.files = { caFile, certificateFile, keyFile };
  }

  async start(options: Omit<DiscoveryOptions, "tls">, port: number): Promise<void> {
    const pem = (name: string) => readFileSync(join(this.folder, name), "utf8");
    const server = createDiscovery({ ...options, tls: { cert: pem("server.pem"), key: pem("server.key"), ca: pem("ca.pem") } });
    this.#server = server;
    // Those that are still in their handshake are no connections to the server yet, and would keep it open.
    server.on("connection", (socket: Socket) => this.#sockets.add(socket));
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await once(server, "close");
  }

  /** Removes its certificates. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
