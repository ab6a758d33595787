import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "../swarm/commands";
import type { Kubectl } from "./kubectl";

/** Go modules that carry the definitions of custom kinds, and the folder they are in. Their installers bring the same files. */
const SOURCES = {
  gatewayApi: { module: "sigs.k8s.io/gateway-api", version: "v1.4.1", folder: "config/crd/standard" },
  certManager: { module: "github.com/cert-manager/cert-manager", version: "v1.19.1", folder: "deploy/crds" },
} as const;

/** Where Go has a module's files; fetched once a machine. */
async function moduleFolder(module: string, version: string): Promise<string> {
  const outside = mkdtempSync(join(tmpdir(), "testbro-definitions-"));
  try {
    const options = { cwd: outside, timeout: 300_000, env: { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=mod" } };
    const answer = JSON.parse(await must("go", ["mod", "download", "-json", `${module}@${version}`], options)) as { Dir: string };
    return answer.Dir;
  } finally {
    rmSync(outside, { recursive: true, force: true });
  }
}

/** Teaches the cluster the kinds of the Gateway API or of cert-manager; no controller comes with them. */
export async function define(kubectl: Kubectl, what: keyof typeof SOURCES): Promise<void> {
  const { module, version, folder } = SOURCES[what];
  const path = join(await moduleFolder(module, version), folder);
  const files = readdirSync(path).filter((name) => name.endsWith(".yaml"));
  const arguments_ = files.flatMap((name) => ["-f", join(path, name)]);
  await kubectl.must("apply", "--server-side", ...arguments_);
  await kubectl.must("wait", "--for=condition=Established", "--timeout=60s", ...arguments_);
}
