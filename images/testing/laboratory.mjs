// Runs the images for their specs: on the reachable engine (else a private one), on a network and volumes of their own.
/* global before, after */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureEngine } from "../../toolchain/docker/engine.mjs";
import { ToolchainError } from "../../toolchain/errors.mjs";
import { ensureBaseImage } from "../../toolchain/images/base.mjs";
import { paths } from "../../toolchain/paths.mjs";
import { sleep } from "../../toolchain/process.mjs";
import { buildImages } from "../build.mjs";
import { Engine } from "../engine.mjs";

/** Everything made here carries this name, so that it cannot meet anything else on the engine. */
const NAME = `testbro-images-${process.pid}`;
/** What every container gets: what a careful platform gives. */
const HARDENING = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "512m", "--pids-limit", "200"];

/** @type {Promise<Laboratory> | undefined} */
let opened;

/**
 * Registers the opening of the laboratory in the current suite; when there is no engine, the suite is skipped with the reason.
 *
 * @returns {() => Laboratory} To be called from tests and hooks.
 */
export function laboratory() {
  /** @type {Laboratory} */
  let ours;
  before("build the images", async function () {
    this.timeout(900_000);
    try {
      ours = await (opened ??= Laboratory.open());
    } catch (error) {
      if (!(error instanceof ToolchainError)) throw error;
      // A build that fails is a failure; an engine that cannot be had is not.
      if (error.message.startsWith("Building image")) throw error;
      console.log(`      skipped: ${error.message}`);
      this.skip();
    }
  });
  return () => ours;
}

after("remove what the image specs made", async function () {
  this.timeout(120_000);
  await (await opened?.catch(() => undefined))?.close();
});

export class Laboratory {
  #count = 0;

  /**
   * @param {Engine} engine
   * @param {Record<string, string>} images
   */
  constructor(engine, images) {
    this.engine = engine;
    this.images = images;
    this.folder = mkdtempSync(join(tmpdir(), "testbro-images-"));
    chmodSync(this.folder, 0o755);
  }

  static async open() {
    const { host, clientBin } = await ensureEngine({ home: paths().engine });
    const base = await ensureBaseImage({ host, clientBin });
    const made = new Laboratory(new Engine({ host, clientBin }), await buildImages({ host, clientBin, base }));
    await made.docker("network", "create", "--label", NAME, NAME);
    made.#makeSecrets();
    return made;
  }

  /** Passwords with characters that are hard to pass on, and certificates of an own CA. */
  #makeSecrets() {
    this.write("postgres-password", 'it\'s "a" \\ $pass`word`\n');
    this.write("redis-password", "spaces and #hash >arrow\n");
    this.write("monitor-password", "monitor\n");
    const openssl = (/** @type {string[]} */ ...args) => execFileSync("openssl", args, { cwd: this.folder, stdio: "pipe" });
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=image specs");
    for (const name of ["postgres", "redis"]) {
      this.write("extensions", `subjectAltName=DNS:${name}\n`);
      openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      const signed = ["-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extensions"];
      openssl("x509", "-req", ...signed, "-out", `${name}.crt`);
      // As a secret that everybody in the container may read.
      chmodSync(join(this.folder, `${name}.key`), 0o444);
    }
  }

  /** Writes a file that containers see below /secrets. @param {string} name @param {string} content */
  write(name, content) {
    writeFileSync(join(this.folder, name), content, { mode: 0o644 });
  }

  /** @param {string[]} args @returns {Promise<string>} What docker wrote to stdout. */
  async docker(...args) {
    const { code, stdout, stderr } = await this.engine.docker(args, { timeout: 120_000 });
    if (code !== 0) throw new Error(`docker ${args.join(" ")} ended with code ${code}: ${stderr || stdout}`);
    return stdout.trim();
  }

  /** @returns {Promise<string>} Name of a new volume. */
  async volume() {
    return this.docker("volume", "create", "--label", NAME, `${NAME}-${++this.#count}`);
  }

  /**
   * Starts a container.
   *
   * @param {string} image Name of the image.
   * @param {{ alias?: string, environment?: Record<string, string>, options?: string[], command?: string[] }} [how] `alias`: its name on the network.
   */
  async start(image, { alias, environment = {}, options = [], command = [] } = {}) {
    const name = `${NAME}-${image}-${++this.#count}`;
    const env = Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
    const network = ["--network", NAME, ...(alias ? ["--network-alias", alias] : [])];
    const secrets = ["--volume", `${this.folder}:/secrets:ro`];
    const health = ["--health-interval", "1s", "--health-start-period", "60s"];
    const run = ["run", "--detach", "--name", name, "--label", NAME, ...HARDENING, ...network, ...secrets, ...health, ...env, ...options];
    await this.docker(...run, this.images[image] ?? image, ...command);
    return new Container(this, name);
  }

  /** PostgreSQL as a stack runs it. @param {{ volume: string, environment?: Record<string, string>, command?: string[] }} how */
  postgres({ volume, environment = {}, command = [] }) {
    return this.start("postgres", {
      command,
      alias: "postgres",
      // A name that its certificate does not carry, too.
      options: [
        "--network-alias",
        "other-postgres",
        "--volume",
        `${volume}:/var/lib/postgresql`,
        "--tmpfs",
        "/run/postgresql",
        "--tmpfs",
        "/tmp",
      ],
      environment: {
        POSTGRES_PASSWORD_FILE: "/secrets/postgres-password",
        POSTGRES_MONITOR_PASSWORD_FILE: "/secrets/monitor-password",
        POSTGRES_TLS_CERT_FILE: "/secrets/postgres.crt",
        POSTGRES_TLS_KEY_FILE: "/secrets/postgres.key",
        POSTGRES_CA_FILE: "/secrets/ca.crt",
        ...environment,
      },
    });
  }

  /** Redis as a stack runs it. @param {{ volume: string, environment?: Record<string, string> }} how */
  redis({ volume, environment = {} }) {
    return this.start("redis", {
      alias: "redis",
      // A name that its certificate does not carry, too.
      options: ["--network-alias", "other-redis", "--volume", `${volume}:/var/lib/redis`, "--tmpfs", "/run/redis"],
      environment: {
        REDIS_PASSWORD_FILE: "/secrets/redis-password",
        REDIS_MONITOR_PASSWORD_FILE: "/secrets/monitor-password",
        REDIS_TLS_CERT_FILE: "/secrets/redis.crt",
        REDIS_TLS_KEY_FILE: "/secrets/redis.key",
        REDIS_CA_FILE: "/secrets/ca.crt",
        ...environment,
      },
    });
  }

  async close() {
    const containers = (await this.docker("ps", "--all", "--quiet", "--filter", `label=${NAME}`)).split("\n").filter(Boolean);
    if (containers.length > 0) await this.docker("rm", "--force", "--volumes", ...containers);
    const volumes = (await this.docker("volume", "ls", "--quiet", "--filter", `label=${NAME}`)).split("\n").filter(Boolean);
    if (volumes.length > 0) await this.docker("volume", "rm", ...volumes);
    await this.docker("network", "rm", NAME);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A container that was started. */
export class Container {
  /** @param {Laboratory} lab @param {string} name */
  constructor(lab, name) {
    this.lab = lab;
    this.name = name;
  }

  /** Runs a command inside; does not throw when it fails. @param {string[]} command */
  exec(...command) {
    return this.lab.engine.docker(["exec", this.name, ...command], { timeout: 60_000 });
  }

  /** @param {string} format A Go template on what `docker inspect` knows. */
  inspect(format) {
    return this.lab.docker("inspect", "--format", format, this.name);
  }

  /** Everything it wrote. */
  async logs() {
    const { stdout, stderr } = await this.lab.engine.docker(["logs", this.name]);
    return stdout + stderr;
  }

  /** Waits until the health check passes. */
  async healthy() {
    const end = Date.now() + 90_000;
    for (;;) {
      const [state, health] = (await this.inspect("{{.State.Status}} {{.State.Health.Status}}")).split(" ");
      if (health === "healthy") return this;
      if (state !== "running" || Date.now() > end) throw new Error(`${this.name} is ${state}, ${health}:\n${await this.logs()}`);
      await sleep(200);
    }
  }

  /** Waits for its end. @returns {Promise<number>} Its exit code. */
  async ended() {
    return Number(await this.lab.docker("wait", this.name));
  }

  /** Stops it as a platform does. @returns {Promise<number>} Its exit code; 137 when it had to be killed. */
  async stop() {
    await this.lab.docker("stop", "--time", "20", this.name);
    return this.ended();
  }

  async kill() {
    await this.lab.docker("kill", this.name);
    await this.ended();
  }

  /** How many authorities it knows that vouch for public addresses. The base that is made without a registry has them, the registry's has none. */
  async publicAuthorities() {
    return Number((await this.exec("grep", "--count", "BEGIN CERTIFICATE", "/etc/ssl/certs/ca-certificates.crt")).stdout);
  }

  /** User id of the first process. */
  async user() {
    return (await this.exec("sh", "-c", "sed -n 's/^Uid:\\t\\([0-9]*\\).*/\\1/p' /proc/1/status")).stdout.trim();
  }
}
