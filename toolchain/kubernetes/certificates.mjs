// The cluster's own certificate authority, keys and tokens. All of it is new for each cluster and never leaves its folder.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../process.mjs";
import { CONTROL_ADDRESS, DOMAIN } from "./layout.mjs";

/**
 * Users by name, with their groups. The names are Kubernetes' own where it has rules for them (bootstrap roles).
 *
 * @type {Readonly<Record<string, { user: string, groups: string[] }>>}
 */
const USERS = {
  admin: { user: "admin", groups: ["system:masters"] },
  "controller-manager": { user: "system:kube-controller-manager", groups: [] },
  scheduler: { user: "system:kube-scheduler", groups: [] },
  proxy: { user: "system:kube-proxy", groups: [] },
  coredns: { user: "testbro:coredns", groups: [] },
  "metrics-server": { user: "testbro:metrics-server", groups: [] },
  "local-volumes": { user: "testbro:local-volumes", groups: [] },
};

/**
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} nodes Addresses by name.
 * @param {string} address Where the API server is reached from outside.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Readonly<Record<string, string>>>} Tokens by user.
 */
export async function makeCertificates(folder, nodes, address, env) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const openssl = (/** @type {string[]} */ ...args) =>
    must("openssl", args, { cwd: folder, env, timeout: 60_000, what: "making the cluster's certificates" });
  const key = (/** @type {string} */ name) => openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${name}.key`);
  const authority = async (/** @type {string} */ name) => {
    await key(name);
    await openssl("req", "-x509", "-new", "-key", `${name}.key`, "-subj", `/CN=testbro ${name}`, "-days", "3650", "-out", `${name}.crt`);
  };
  const certificate = async (
    /** @type {string} */ name,
    /** @type {string} */ by,
    /** @type {string} */ subject,
    /** @type {string} */ extensions,
  ) => {
    await key(name);
    writeFileSync(join(folder, `${name}.ext`), extensions);
    await openssl("req", "-new", "-key", `${name}.key`, "-subj", subject, "-out", `${name}.csr`);
    const signed = ["-CA", `${by}.crt`, "-CAkey", `${by}.key`, "-CAcreateserial", "-days", "3650", "-extfile", `${name}.ext`];
    await openssl("x509", "-req", "-in", `${name}.csr`, ...signed, "-out", `${name}.crt`);
  };
  const names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", `kubernetes.default.svc.${DOMAIN}`, "localhost"];
  const addresses = [...new Set(["127.0.0.1", "10.96.0.1", CONTROL_ADDRESS, address])];
  const alternatives = [...names.map((name) => `DNS:${name}`), ...addresses.map((ip) => `IP:${ip}`)].join(",");
  await authority("ca");
  await authority("front-proxy-ca");
  await certificate("apiserver", "ca", "/CN=kube-apiserver", `subjectAltName=${alternatives}\nextendedKeyUsage=serverAuth\n`);
  await certificate("kubelet-client", "ca", "/O=system:masters/CN=kube-apiserver-kubelet-client", "extendedKeyUsage=clientAuth\n");
  await certificate("front-proxy-client", "front-proxy-ca", "/CN=front-proxy-client", "extendedKeyUsage=clientAuth\n");
  for (const [name, ip] of Object.entries(nodes)) {
    const subject = `/O=system:nodes/CN=system:node:${name}`;
    await certificate(`kubelet-${name}`, "ca", subject, `subjectAltName=DNS:${name},IP:${ip}\nextendedKeyUsage=serverAuth\n`);
  }
  await key("service-accounts");
  return writeTokens(folder, Object.keys(nodes));
}

/** @param {string} folder @param {string[]} nodes */
function writeTokens(folder, nodes) {
  const users = { ...USERS };
  for (const name of nodes) users[name] = { user: `system:node:${name}`, groups: ["system:nodes"] };
  /** @type {Record<string, string>} */
  const tokens = {};
  const lines = Object.entries(users).map(([name, { user, groups }]) => {
    const token = (tokens[name] = randomBytes(24).toString("hex"));
    return [token, user, name, ...(groups.length > 0 ? [`"${groups.join(",")}"`] : [])].join(",");
  });
  writeFileSync(join(folder, "tokens.csv"), `${lines.join("\n")}\n`, { mode: 0o600 });
  writeFileSync(join(folder, "tokens.json"), JSON.stringify(tokens), { mode: 0o600 });
  return tokens;
}

/** @param {string} folder Whether all of it was made before. */
export const hasCertificates = (folder) => existsSync(join(folder, "tokens.json"));
