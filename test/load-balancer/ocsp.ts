import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Who signs what the responder says: the authority that issued the certificate, or somebody it has given the right to. */
export type Signer = "issuer" | "delegate";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Serial number of the site's certificate. */
const SERIAL = "1001";

/** A root, an authority below it, a certificate for `localhost` that names a responder, and the responder; on loopback. */
export class OcspAuthority {
  /** Questions the responder was asked. */
  asked = 0;
  revoked = false;

  private constructor(
    readonly folder: string,
    private readonly signer: Signer,
    private readonly server: Server,
  ) {}

  static async start(signer: Signer): Promise<OcspAuthority> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const authority = new OcspAuthority(mkdtempSync(join(tmpdir(), "testbro-ocsp-")), signer, server);
    authority.#issue();
    server.on("request", (request, response) => {
      request.resume();
      response.setHeader("content-type", "application/ocsp-response");
      response.end(authority.#respond(Buffer.from(decodeURIComponent((request.url ?? "").slice(1)), "base64")));
    });
    return authority;
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** The root's certificate. */
  get root(): string {
    return this.file("root.pem");
  }

  /** The site's certificate and the one it was issued with, as an authority hands them out; and its key. */
  get site(): { certificateFile: string; keyFile: string } {
    return { certificateFile: this.file("site-chain.pem"), keyFile: this.file("site.key") };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await once(this.server.close(), "close");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { stdio: "pipe", cwd: this.folder, timeout: 30_000 });
  }

  #issue(): void {
    const { port } = this.server.address() as AddressInfo;
    const authority = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"];
    const extensions: Record<string, string[]> = {
      intermediate: authority,
      delegate: ["extendedKeyUsage=OCSPSigning", "noCheck=ignored"],
      site: ["subjectAltName=DNS:localhost,IP:127.0.0.1", `authorityInfoAccess=OCSP;URI:http://127.0.0.1:${port}`],
    };
    this.#openssl("req", "-x509", ...KEY, "-subj", "/CN=root", "-days", "2", "-out", "root.pem", "-keyout", "root.key");
    for (const [name, issuer] of [
      ["intermediate", "root"],
      ["delegate", "intermediate"],
      ["site", "intermediate"],
    ] as const) {
      writeFileSync(this.file(`${name}.ext`), `${extensions[name]?.join("\n")}\n`);
      this.#openssl("req", "-new", ...KEY, "-subj", `/CN=${name}`, "-out", `${name}.csr`, "-keyout", `${name}.key`);
      const by = ["-CA", `${issuer}.pem`, "-CAkey", `${issuer}.key`, "-set_serial", `0x${name === "site" ? SERIAL : "77"}`];
      this.#openssl("x509", "-req", "-in", `${name}.csr`, ...by, "-days", "1", "-extfile", `${name}.ext`, "-out", `${name}.pem`);
    }
    writeFileSync(
      this.site.certificateFile,
      ["site.pem", "intermediate.pem"].map((name) => readFileSync(this.file(name), "utf8")).join(""),
    );
    chmodSync(this.folder, 0o755);
    chmodSync(this.site.keyFile, 0o644);
  }

  #respond(question: Buffer): Buffer {
    this.asked += 1;
    const state = this.revoked ? ["R", "491231235959Z", "200101000000Z"] : ["V", "491231235959Z", ""];
    writeFileSync(this.file("index.txt"), `${[...state, SERIAL, "unknown", "/CN=site"].join("\t")}\n`);
    writeFileSync(this.file("question.der"), question);
    const signer = this.signer === "issuer" ? "intermediate" : "delegate";
    const by = ["-CA", "intermediate.pem", "-rsigner", `${signer}.pem`, "-rkey", `${signer}.key`];
    this.#openssl("ocsp", "-index", "index.txt", ...by, "-reqin", "question.der", "-respout", "answer.der", "-ndays", "1");
    return readFileSync(this.file("answer.der"));
  }
}
