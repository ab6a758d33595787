import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { module } from "./nginx-command";

/** Debian's name of the program, and the project's own. */
const PROGRAMS = ["testssl", "testssl.sh"];

/** Severities at which testssl finds something wrong; `WARN` is about itself, e.g. an OpenSSL without GOST. */
const WRONG = ["LOW", "MEDIUM", "HIGH", "CRITICAL", "FATAL"];

/** One finding of testssl (its flat JSON). */
interface Finding {
  id: string;
  severity: string;
  finding: string;
}

/** What testssl says of a server. */
export class Scan {
  constructor(private readonly findings: readonly Finding[]) {}

  /** Its word on something, e.g. `TLS1_2` or `HSTS_time`. */
  said(id: string): string | undefined {
    return this.findings.find((finding) => finding.id === id)?.finding;
  }

  /** Everything it holds to be wrong. */
  get wrong(): string[] {
    return this.findings
      .filter(({ severity }) => WRONG.includes(severity))
      .map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`);
  }

  /** Every cipher suite the server took, by protocol, e.g. `TLS 1.3 TLS_AES_128_GCM_SHA256`. */
  get suites(): string[] {
    const listed = this.findings.filter(({ id }) => id.startsWith("cipher-"));
    return listed.map(({ finding }) => finding.trim().replace(/^(\S+ ?[\d.]*)\s+x\w+\s+(\S+).*$/, "$1 $2")).sort();
  }
}

/**
 * testssl on the PATH, installed from the distribution where that is possible.
 * @throws Error saying why there is none
 */
export async function testssl(): Promise<string> {
  const { find } = await module<{ find(name: string, env: NodeJS.ProcessEnv, options: object): string | undefined }>(
    "toolchain/process.mjs",
  );
  const { installPackages } = await module<{ installPackages(names: string[], options: { why: string }): Promise<void> }>(
    "toolchain/docker/install.mjs",
  );
  const there = () => PROGRAMS.map((name) => find(name, process.env, { system: true })).find(Boolean);
  if (!there()) await installPackages(["testssl.sh"], { why: "scanning the balancer's TLS" });
  const program = there();
  if (!program) throw new Error("the package testssl.sh brought no program testssl");
  return program;
}

/** Runs some of testssl's sections on a port of loopback, without asking anybody else anything. */
export async function scan(program: string, port: number, sections: readonly string[]): Promise<Scan> {
  const folder = mkdtempSync(join(tmpdir(), "testbro-testssl-"));
  try {
    const file = join(folder, "findings.json");
    const quiet = ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", "127.0.0.1"];
    const args = [...quiet, "--jsonfile", file, ...sections, `https://localhost:${port}`];
    // Its exit code counts what it found; without the file it found nothing.
    const output = await promisify(execFile)(program, args, { timeout: 240_000, env: { ...process.env, TERM: "dumb" } }).catch(
      (error: { stdout?: string; stderr?: string }) => ({ stdout: error.stdout ?? "", stderr: error.stderr ?? "" }),
    );
    try {
      return new Scan(JSON.parse(readFileSync(file, "utf8")) as Finding[]);
    } catch {
      throw new Error(`testssl gave no findings:\n${output.stdout}\n${output.stderr}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
