// The balancers, the upstream and the load generator as containers on loopback, each pinned to its part of the machine.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildImages } from "../../images/build.mjs";
import { Engine } from "../../images/engine.mjs";
import { ensureEngine } from "../../toolchain/docker/engine.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { ensureBaseImage } from "../../toolchain/images/base.mjs";
import { paths } from "../../toolchain/paths.mjs";
import { must, sleep } from "../../toolchain/process.mjs";
import { SMALL_FILE } from "./cases.mjs";
import { app, upstream } from "./contenders.mjs";

const IMAGES = ["stock-balancers", "load-generator"];

/** The balancer that is measured has this processor to itself; everything else shares the others. */
const BALANCER_CORE = "0";
const OTHER_CORES = cpus().length > 2 ? `1-${cpus().length - 1}` : "1";

/** Where a container finds its own files, and the certificate that all share. */
export const OWN = "/bench/own";
const SHARED = "/bench/shared";

/** Milliseconds until a balancer must answer. */
const START_LIMIT = 60_000;

/**
 * @typedef {object} Running
 * @property {import("./contenders.mjs").Contender} contender
 * @property {{http: number, https: number}} ports
 * @property {number[]} processes ids of the balancer's own processes
 * @property {string} version
 */

/** A certificate for localhost, as most sites have one today: ECDSA on P-256. @param {string} folder */
async function makeCertificate(folder) {
  const files = ["-keyout", join(folder, "key"), "-out", join(folder, "certificate")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-days", "2"];
  await must("openssl", ["req", "-x509", ...kind, ...files]);
  writeFileSync(join(folder, "pem"), ["certificate", "key"].map((name) => readFileSync(join(folder, name), "utf8")).join(""));
  // Balancers run as users of their own; the key is worth nothing.
  for (const name of ["key", "pem"]) chmodSync(join(folder, name), 0o644);
}

/** Whether a URL is answered 200. @param {string} url @returns {Promise<boolean>} */
export function answers(url) {
  return new Promise((resolve) => {
    const options = { timeout: 2000, rejectUnauthorized: false };
    const request = (url.startsWith("https") ? httpsRequest : httpRequest)(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", () => resolve(false));
    request.on("timeout", () => request.destroy());
    request.end();
  });
}

export class Laboratory {
  /** @type {string[]} */
  #containers = [];
  /** Images that could not be had, and why. @type {Record<string, string>} */
  missing = {};

  /** @param {Engine} engine @param {Record<string, string>} images @param {string} folder */
  constructor(engine, images, folder) {
    this.engine = engine;
    this.images = images;
    this.folder = folder;
    this.prefix = `testbro-bench-${process.pid}`;
  }

  /** Builds the images and starts upstream, name server and load generator. */
  static async open() {
    if (cpus().length < 2) throw new ToolchainError("Balancer and load need a processor each, and this machine has one.");
    const { host } = await ensureEngine({ home: paths().engine });
    const extra = IMAGES.map((name) => fileURLToPath(new URL(`images/${name}`, import.meta.url)));
    const base = await ensureBaseImage({ host });
    const images = await buildImages({ host, base, only: ["nginx", "node", ...IMAGES], extra });
    const folder = mkdtempSync(join(tmpdir(), "testbro-bench-"));
    chmodSync(folder, 0o755);
    const laboratory = new Laboratory(new Engine({ host }), images, folder);
    try {
      Object.assign(images, await buildImages({ host, base, only: ["traefik"] }));
    } catch (error) {
      // A comparison less, and the results say why.
      if (!(error instanceof ToolchainError)) throw error;
      for (const id of ["traefik", "ours-traefik"]) laboratory.missing[id] = error.message.split("\n")[0] ?? "";
    }
    try {
      await laboratory.#prepare();
    } catch (error) {
      await laboratory.close();
      throw error;
    }
    return laboratory;
  }

  async #prepare() {
    await this.#checkNetwork();
    const { freePorts } = await import("../../test/dist/load-balancer/nginx.js");
    const { NameServer } = await import("../../test/dist/load-balancer/name-server.js");
    this.freePorts = freePorts;
    mkdirSync(join(this.folder, "shared"));
    await makeCertificate(join(this.folder, "shared"));
    for (const file of ["nginx.conf", "mime.types"]) {
      const text = await this.#docker("run", "--rm", this.images["stock-balancers"] ?? "", "cat", `/etc/nginx/${file}`);
      writeFileSync(join(this.folder, "shared", file), text);
    }
    this.names = await NameServer.start();
    this.names.set("app.test", "127.0.0.1");
    // This process answers the name server's few questions, and must not do so on the balancer's processor.
    await must("taskset", ["-pc", OTHER_CORES, String(process.pid)]);
    [this.upstreamPort = 0, this.appPort = 0] = await freePorts(2);
    await this.#run("upstream", upstream(this.upstreamPort, OWN));
    await this.#until(`http://127.0.0.1:${this.upstreamPort}/${SMALL_FILE}`, "The upstream");
    await this.#run("app", app(this.appPort, OWN));
    await this.#until(`http://127.0.0.1:${this.appPort}/app`, "The app in Node.js");
    await this.#run("load", { image: "load-generator", files: {}, command: "exec sleep infinity" });
  }

  /**
   * Starts a balancer and waits until it answers on both ports.
   * @param {import("./contenders.mjs").Contender} contender
   * @returns {Promise<Running>}
   */
  async start(contender) {
    const [http = 0, https = 0, ...status] = (await this.freePorts?.(4)) ?? [];
    const instances = contender.instances({
      ports: { http, https, status },
      upstream: this.upstreamPort ?? 0,
      app: this.appPort ?? 0,
      resolver: this.names?.address ?? "",
      folder: OWN,
      stock: SHARED,
      certificate: `${SHARED}/certificate`,
      key: `${SHARED}/key`,
      pem: `${SHARED}/pem`,
      certificateText: readFileSync(join(this.folder, "shared/certificate"), "utf8"),
      keyText: readFileSync(join(this.folder, "shared/key"), "utf8"),
    });
    const names = [];
    for (const [index, instance] of instances.entries()) names.push(await this.#run(`${contender.id}-${index}`, instance));
    for (const url of [`http://127.0.0.1:${http}`, `https://127.0.0.1:${https}`])
      await this.#until(`${url}/${SMALL_FILE}`, contender.title);
    const version = await this.#docker("exec", names[0] ?? "", "sh", "-c", `${contender.version} 2>&1 | head -n 1`);
    const processes = (await Promise.all(names.map((name) => this.#ownProcesses(name)))).flat();
    return { contender, ports: { http, https }, processes, version };
  }

  /** Runs a program of the load generator, which finds a folder for its files at the path it is given. @param {string[]} command @returns {Promise<string>} its output */
  load(command) {
    const settings = ["env", "OPENSSL_CONF=/etc/load-generator/openssl.cnf"];
    return this.#docker("exec", `${this.prefix}-load`, "taskset", "-c", OTHER_CORES, "timeout", "60", ...settings, ...command);
  }

  /** Reads a file that the load generator wrote into {@link OWN}. @param {string} name */
  readFromLoad(name) {
    return readFileSync(join(this.folder, "load", name), "utf8");
  }

  async close() {
    if (this.#containers.length > 0) await this.engine.docker(["rm", "--force", ...this.#containers], { timeout: 120_000 });
    await this.names?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @param {string} id @param {import("./contenders.mjs").Instance} instance @returns {Promise<string>} the container's name */
  async #run(id, { image, files, command, root = false }) {
    const folder = join(this.folder, id);
    mkdirSync(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const volumes = ["--volume", `${folder}:${OWN}`, "--volume", `${join(this.folder, "shared")}:${SHARED}:ro`];
    // In memory as on the platforms, so that no disk is measured.
    const memory = ["/run/nginx", "/var/cache/nginx", "/var/log/nginx"].flatMap((path) => ["--tmpfs", `${path}:mode=1777`]);
    const pins = ["--env", `PIN=taskset -c ${BALANCER_CORE}`, "--env", `PIN_OTHERS=taskset -c ${OTHER_CORES}`];
    const name = `${this.prefix}-${id}`;
    this.#containers.push(name);
    const options = ["--name", name, "--network", "host", ...(root ? ["--user", "0"] : []), ...memory, ...volumes, ...pins];
    await this.#docker("run", "--detach", ...options, this.images[image] ?? image, "sh", "-c", command);
    return name;
  }

  /** Processes of a container that run on the balancer's processor alone. @param {string} name */
  async #ownProcesses(name) {
    const listed = (await this.#docker("top", name, "-eo", "pid")).split("\n").slice(1).map(Number);
    const pinned = new RegExp(`^Cpus_allowed_list:\\s*${BALANCER_CORE}$`, "m");
    // A `sleep` of a start script may have ended since.
    return listed.filter((pid) => existsSync(`/proc/${pid}/status`) && pinned.test(readFileSync(`/proc/${pid}/status`, "utf8")));
  }

  /** @param {string} url @param {string} who */
  async #until(url, who) {
    for (const end = Date.now() + START_LIMIT; Date.now() < end; await sleep(100)) if (await answers(url)) return;
    const logs = await this.engine.docker(["logs", "--tail", "8", this.#containers.at(-1) ?? ""]);
    throw new ToolchainError(`${who} does not answer 200 at ${url}:\n${logs.stdout}${logs.stderr}`);
  }

  /** Balancers and name server have to reach each other. */
  async #checkNetwork() {
    const theirs = await this.#docker("run", "--rm", "--network", "host", this.images["nginx"] ?? "", "readlink", "/proc/self/ns/net");
    if (theirs !== readlinkSync("/proc/self/ns/net")) {
      throw new ToolchainError(`The engine at ${this.engine.host} runs in another network namespace. Fix: leave --here away.`);
    }
  }

  /** @param {string[]} args */
  async #docker(...args) {
    const { code, stdout, stderr } = await this.engine.docker(args, { timeout: 90_000 });
    if (code !== 0) throw new ToolchainError(`docker ${args.join(" ")} ended with code ${code}: ${stderr || stdout}`);
    return stdout.trim();
  }
}
