import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CHECKOUT } from "../swarm/commands";
import type { Context } from "../swarm/context";

/** Folder of the balancer's files in the service that offers them. */
const OFFERED = "/etc/nginx/bundle/";

/** Name of the config that takes the certificate's place. */
const SHORT = "short-certificate";

interface ServiceSpec {
  Spec: { TaskTemplate: { ContainerSpec: { Configs: { ConfigName: string; File: { Name: string } }[] } } };
}
interface Exported {
  deployment: { resources: { urn: string; outputs?: { privateKeyPemPkcs8?: { plaintext?: string } } }[] };
}

/** The key of the stack's authority, which its state alone has. */
async function authorityKey(): Promise<string> {
  const { openStack } = (await import(pathToFileURL(join(CHECKOUT, "scripts/local/stack.mjs")).href)) as {
    openStack(host: string): Promise<{ read(args: string[]): Promise<string> }>;
  };
  const stack = await openStack("");
  const { deployment } = JSON.parse(await stack.read(["stack", "export", "--show-secrets"])) as Exported;
  const own = deployment.resources.find(({ urn }) => /OwnCertificateAuthority\$tls:index\/privateKey:PrivateKey::testbro-key$/.test(urn));
  const secret = own?.outputs?.privateKeyPemPkcs8?.plaintext;
  return JSON.parse(secret ?? assert.fail("the state has no key of the authority")) as string;
}

/** A certificate like that one, of the same key and authority, for so many days from now. */
function signedFor(days: number, certificate: string, authority: { certificate: string; key: string }): string {
  const folder = mkdtempSync(join(tmpdir(), "testbro-certificate-"));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const old = new X509Certificate(certificate);
  const key = old.publicKey.export({ type: "spki", format: "pem" }) as string;
  try {
    return execFileSync(
      "openssl",
      [
        ...["x509", "-new", "-force_pubkey", file("key.pub", key), "-subj", `/${(old.subject.split("\n").at(-1) ?? "").trim()}`],
        ...["-CA", file("ca.pem", authority.certificate), "-CAkey", file("ca.key", authority.key), "-days", String(days)],
        ...[
          "-extfile",
          file(
            "extensions",
            `subjectAltName=${(old.subjectAltName ?? "").replaceAll("IP Address:", "IP:")}\nextendedKeyUsage=serverAuth\n`,
          ),
        ],
      ],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Gives the balancer a certificate of its own authority that ends within days, as one that nobody renewed. */
export class ShortCertificate {
  constructor(private readonly context: Context) {}

  private get service(): string {
    return this.context.service("nginx-bundle");
  }

  async use(days: number): Promise<void> {
    const { engine, app } = this.context;
    const [spec] = JSON.parse(await engine.docker("service", "inspect", this.service)) as ServiceSpec[];
    const configs = spec?.Spec.TaskTemplate.ContainerSpec.Configs.filter(({ File }) => File.Name.startsWith(OFFERED)) ?? [];
    for (const { ConfigName, File } of configs) {
      const content = await this.content(ConfigName);
      if (!content.includes("BEGIN CERTIFICATE")) continue;
      const authority = { certificate: readFileSync(app.status.caFile, "utf8"), key: await authorityKey() };
      const folder = mkdtempSync(join(tmpdir(), "testbro-certificate-"));
      try {
        const pem = join(folder, "certificate.pem");
        writeFileSync(pem, signedFor(days, content, authority));
        await engine.docker("config", "create", SHORT, pem);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      const swap = ["--config-rm", ConfigName, "--config-add", `source=${SHORT},target=${File.Name}`];
      await engine.docker("service", "update", "--quiet", ...swap, this.service);
      return;
    }
    assert.fail(`${this.service} offers no certificate: ${configs.map(({ File }) => File.Name).join(", ")}`);
  }

  private async content(config: string): Promise<string> {
    const [found] = JSON.parse(await this.context.engine.docker("config", "inspect", config)) as { Spec: { Data: string } }[];
    return Buffer.from(found?.Spec.Data ?? "", "base64").toString("utf8");
  }

  /** Back to the certificate before. */
  async drop(): Promise<void> {
    await this.context.engine.docker("service", "rollback", "--quiet", this.service);
    await this.context.engine.docker("config", "rm", SHORT);
  }
}
