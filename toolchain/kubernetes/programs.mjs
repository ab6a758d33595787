// The programs of a cluster: built here, or the distribution's.
import { join } from "node:path";
import { installPackages } from "../docker/install.mjs";
import { ToolchainError } from "../errors.mjs";
import { find, run } from "../process.mjs";
import { buildPart } from "../pulumi/source.mjs";
import { compareVersions } from "../pulumi/versions.mjs";
import { cniFolder } from "./node.mjs";
import { CLUSTER_PARTS, KUBECTL_PART } from "./recipe.mjs";
import { KUBERNETES } from "./versions.mjs";

/** @import { BuildContext } from "../pulumi/source.mjs" */

/** Debian's packages by the program they bring. */
const PACKAGES = {
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  conntrack: "conntrack",
  ip: "iproute2",
  iptables: "iptables",
  nsenter: "util-linux",
  openssl: "openssl",
  curl: "curl",
};

/**
 * Builds everything a cluster consists of, or takes the finished builds; paid once a machine.
 *
 * @param {BuildContext} context
 * @param {{ metrics: boolean }} options
 * @returns {Promise<Record<string, string>>} Paths by name.
 */
export async function buildPrograms(context, { metrics }) {
  /** @type {Record<string, string>} */
  const programs = { "local-volumes": process.execPath };
  for (const part of CLUSTER_PARTS) {
    if (part.name === "metrics-server" && !metrics) continue;
    const folder = await buildPart(part, context);
    for (const { binary } of part.compilations) programs[binary] = join(folder, binary);
  }
  return programs;
}

/**
 * A kubectl for a cluster that exists already: the one on PATH, unless it is too far from 1.34, else a build.
 *
 * @param {BuildContext} context
 */
export async function ensureKubectl(context) {
  const present = find("kubectl", context.env);
  if (present && (await isNear(present, context.env))) return present;
  return join(await buildPart(KUBECTL_PART, context), "kubectl");
}

/**
 * Kubernetes supports clients one minor version away from the server.
 *
 * @param {string} kubectl @param {NodeJS.ProcessEnv} env
 */
async function isNear(kubectl, env) {
  const { stdout, code } = await run(kubectl, ["version", "--client", "-o", "json"], { env, timeout: 20_000 });
  const version = code === 0 ? /"gitVersion": "v([^"]+)"/.exec(stdout)?.[1] : undefined;
  if (!version) return false;
  const minor = (/** @type {string} */ text) => Number(text.split(".")[1]);
  return version.split(".")[0] === "1" && Math.abs(minor(version) - minor(KUBERNETES)) <= 1 && compareVersions(version, "1.20.0") > 0;
}

/**
 * Installs what a node needs from the distribution.
 *
 * @param {{ env: NodeJS.ProcessEnv, log?: (line: string) => void, progress?: import("../progress.mjs").Progress }} options
 * @throws {ToolchainError} Where it cannot be installed.
 */
export async function ensurePackages({ env, log, progress }) {
  const lacking = Object.entries(PACKAGES).filter(([program]) => !find(program, env, { system: true }));
  const packages = new Set(lacking.map(([, name]) => name));
  if (!cniFolder()) packages.add("containernetworking-plugins");
  if (packages.size === 0) return;
  await installPackages([...packages], { why: "a Kubernetes node", env, log, progress });
  if (!cniFolder())
    throw new ToolchainError(
      "The network plugins (bridge, host-local, portmap, loopback) are not where they are expected: /usr/lib/cni or /opt/cni/bin.",
    );
}
