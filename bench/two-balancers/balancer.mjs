// The balancer and an app behind it as services of the Swarm, set up as the components set up theirs.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../toolchain/process.mjs";

/** Published on each node. */
export const PORT = 8443;

/** As in the components: a port has one owner, so the old balancer of a node goes first; it ends open requests on SIGQUIT. */
const UPDATE = [
  "--update-order",
  "stop-first",
  "--update-parallelism",
  "1",
  "--update-failure-action",
  "rollback",
  "--update-monitor",
  "26s",
];
const HEALTH = ["--health-interval", "2s", "--health-timeout", "5s", "--health-retries", "3", "--health-start-period", "10s"];
const STOP = ["--stop-signal", "SIGQUIT", "--stop-grace-period", "30s"];
const HARDENED = [
  "--user",
  "10101:10101",
  "--read-only",
  "--mount",
  "type=tmpfs,dst=/run/nginx",
  "--mount",
  "type=tmpfs,dst=/var/cache/nginx",
];

const APP = `pid /run/nginx/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path /run/nginx/1; proxy_temp_path /run/nginx/2; fastcgi_temp_path /run/nginx/3;
  uwsgi_temp_path /run/nginx/4; scgi_temp_path /run/nginx/5;
  server { listen 3001; location / { if ($request_method = POST) { return 201; } return 200 "app"; } }
}
`;

/** @typedef {import("./nodes.mjs").Docker} Docker */

/** A certificate for localhost. @param {string} folder */
async function selfSigned(folder) {
  const [certificate, key] = [join(folder, "tls.pem"), join(folder, "tls.key")];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  await must("openssl", [...args, ...names, "-out", certificate, "-keyout", key], { what: "making a certificate", timeout: 60_000 });
  return { certificate, key };
}

/**
 * Starts two balancers, one a node, and two replicas of an app behind them.
 * @param {Docker} manager @param {string} image @param {string} folder for what clients need
 * @returns {Promise<string>} file with the certificate to trust
 */
export async function startServices(manager, image, folder) {
  mkdirSync(folder, { recursive: true });
  const { renderNginx } = await import("@testbro/components/load-balancer/nginx");
  const tls = await selfSigned(folder);
  writeFileSync(
    join(folder, "nginx.conf"),
    renderNginx({
      hosts: ["localhost"],
      routes: [{ name: "app", path: "/", to: { host: "app", port: 3001 } }],
      tls: { certificates: [{ certificateFile: "/etc/nginx/tls.pem", keyFile: "/run/secrets/tls.key" }] },
      ports: { http: 8080, https: 8443, status: 8081, publicHttps: PORT },
      processes: { workers: 1 },
    }),
  );
  writeFileSync(join(folder, "app.conf"), APP);
  // Not encrypted: kernels without rfc4106 cannot encrypt between nodes, and what is measured here does not depend on it.
  await manager("network", "create", "--driver", "overlay", "edge");
  for (const [name, file] of [
    ["balancer", "nginx.conf"],
    ["app", "app.conf"],
    ["certificate", "tls.pem"],
  ]) {
    await manager("config", "create", name, join(folder, file));
  }
  await manager("secret", "create", "key", tls.key);
  const common = ["--network", "edge", "--endpoint-mode", "dnsrr", "--no-resolve-image", ...HEALTH, ...STOP, ...HARDENED];
  const health = (/** @type {string} */ url) => ["--health-cmd", `curl -fsS -o /dev/null ${url}`];
  const config = (/** @type {string} */ name, /** @type {string} */ path) => ["--config", `source=${name},target=${path},mode=0444`];
  await manager(
    "service",
    "create",
    "--quiet",
    "--name",
    "app",
    "--replicas",
    "2",
    ...common,
    ...health("http://127.0.0.1:3001/"),
    ...config("app", "/etc/nginx/nginx.conf"),
    image,
  );
  await manager(
    "service",
    "create",
    "--quiet",
    "--name",
    "balancer",
    "--replicas",
    "2",
    "--replicas-max-per-node",
    "1",
    ...common,
    ...UPDATE,
    ...health("http://127.0.0.1:8081/healthz"),
    "--publish",
    `mode=host,target=8443,published=${PORT}`,
    ...config("balancer", "/etc/nginx/nginx.conf"),
    ...config("certificate", "/etc/nginx/tls.pem"),
    "--secret",
    "source=key,target=tls.key,uid=10101,gid=10101,mode=0400",
    image,
  );
  return tls.certificate;
}

/** Replaces both balancers, one after the other, by ones of another image. @param {Docker} manager @param {string} image */
export async function rollOut(manager, image) {
  await manager("service", "update", "--quiet", "--no-resolve-image", "--image", image, "balancer");
  const state = await manager("service", "inspect", "--format", "{{.UpdateStatus.State}}", "balancer");
  if (state !== "completed") throw new Error(`the new balancer was not rolled out: ${state}`);
}

/**
 * The load client in the clients' namespace.
 * @param {string} netns @param {Parameters<import("../../test/load/options.js").commandLine>[0]} options
 */
export async function startClient(netns, options) {
  const { commandLine } = await import("../../test/dist/load/options.js");
  const program = new URL("../../test/dist/load/main.js", import.meta.url).pathname;
  const child = spawn("nsenter", [`--net=/run/netns/${netns}`, process.execPath, program, ...commandLine(options)], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => (output += text));
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) =>
      output ? resolve(JSON.parse(output)) : reject(new Error(`the load client ended with ${signal ?? code}`)),
    );
  });
  // Whoever stops it gets the same promise.
  ended.catch(() => undefined);
  return {
    /** @returns {Promise<import("../../test/load/report.js").LoadReport>} */
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** Waits until both balancers answer. @param {string} netns @param {string[]} addresses @param {string} caFile */
export async function waitForBoth(netns, addresses, caFile) {
  for (const address of addresses) {
    const args = [
      `--net=/run/netns/${netns}`,
      "curl",
      "-fsS",
      "-o",
      "/dev/null",
      "--cacert",
      caFile,
      "--retry",
      "60",
      "--retry-all-errors",
    ];
    const where = ["--retry-delay", "1", "--connect-to", `localhost:${PORT}:${address}:${PORT}`, `https://localhost:${PORT}/`];
    await must("nsenter", [...args, ...where], { what: `asking the balancer at ${address}`, timeout: 120_000 });
  }
}
