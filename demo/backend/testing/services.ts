import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Where Debian keeps PostgreSQL's own programs. */
const POSTGRES_FOLDERS = "/usr/lib/postgresql";
/** Present only while packages are installed: tells Debian not to start the services that they bring. */
const POLICY = "/usr/sbin/policy-rc.d";
/** The user `nobody` on Debian and most others; PostgreSQL refuses to run as root. */
const NOBODY = 65534;

/** Programs of PostgreSQL and Redis, found or installed; a text says why there are none. */
export type Programs = { postgres: string; redis: string } | string;

/** Finds the programs; as root on Debian, installs the packages they come in. */
export function findPrograms(): Programs {
  const missing = () => [...(postgresFolder() ? [] : ["postgresql"]), ...(redisServer() ? [] : ["redis-server"])];
  if (missing().length > 0) {
    const packages = missing();
    if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
      return `${packages.join(" and ")} must be installed, which takes root on Debian`;
    console.log(`      installing ${packages.join(" and ")} for this test, without starting them`);
    const temporaryPolicy = !existsSync(POLICY);
    if (temporaryPolicy) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    try {
      const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, stdio: "pipe" as const };
      execFileSync("apt-get", ["update", "-qq"], options);
      execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...packages], options);
    } catch (error) {
      return `${packages.join(" and ")} cannot be installed: ${(error as Error).message}`;
    } finally {
      if (temporaryPolicy) rmSync(POLICY, { force: true });
    }
  }
  return { postgres: postgresFolder() ?? "", redis: redisServer() ?? "" };
}

function postgresFolder(): string | undefined {
  const versions = existsSync(POSTGRES_FOLDERS) ? readdirSync(POSTGRES_FOLDERS) : [];
  return versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(POSTGRES_FOLDERS, version, "bin"))
    .find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

function redisServer(): string | undefined {
  return ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].find((path) => existsSync(path));
}

/** A port of the loopback that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

/** True when something listens on a port of the loopback. */
function listens(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(undefined));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Asks again and again until the answer is not undefined. */
export async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined, seconds = 60): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${seconds} s`);
    await sleep(50);
  }
}

/** Ends a process and waits until it is gone. */
export async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<number | null> {
  if (child === undefined) return null;
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill(signal);
  return gone;
}

/** A real PostgreSQL and a real Redis with passwords, as processes on the loopback with data in a temporary folder. */
export class Services {
  readonly folder = mkdtempSync(join(tmpdir(), "testbro-backend-"));
  readonly #programs: Exclude<Programs, string>;
  readonly #user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  #postgres: ChildProcess | undefined;
  #redis: ChildProcess | undefined;
  #postgresPort = 0;
  #redisPort = 0;

  constructor(programs: Exclude<Programs, string>) {
    this.#programs = programs;
  }

  /** What the backend needs to know. */
  get environment(): Record<string, string> {
    return {
      DATABASE_HOST: "127.0.0.1",
      DATABASE_PORT: String(this.#postgresPort),
      DATABASE_PASSWORD_FILE: join(this.folder, "postgres-password"),
      REDIS_HOST: "127.0.0.1",
      REDIS_PORT: String(this.#redisPort),
      REDIS_PASSWORD_FILE: join(this.folder, "redis-password"),
    };
  }

  async start(): Promise<void> {
    chmodSync(this.folder, 0o755);
    writeFileSync(join(this.folder, "postgres-password"), 'it\'s "quoted"\n');
    writeFileSync(join(this.folder, "redis-password"), "correct-horse\n");
    this.#postgresPort = await freePort();
    this.#redisPort = await freePort();
    for (const name of ["postgres", "redis"]) {
      mkdirSync(join(this.folder, name));
      if (this.#user.uid !== undefined) chownSync(join(this.folder, name), this.#user.uid, this.#user.gid);
    }
    const data = join(this.folder, "postgres");
    const password = `--pwfile=${join(this.folder, "postgres-password")}`;
    const initdb = ["-D", data, "-U", "testbro", "--auth=scram-sha-256", password, "--no-sync", "-E", "UTF8", "--locale=C"];
    execFileSync(join(this.#programs.postgres, "initdb"), initdb, { ...this.#user, stdio: "pipe" });
    await this.startPostgres();
    const createdb = ["-h", "127.0.0.1", "-p", String(this.#postgresPort), "-U", "testbro", "testbro"];
    const env = { ...process.env, PGPASSWORD: 'it\'s "quoted"' };
    await until("the creation of the database", () => {
      try {
        execFileSync(join(this.#programs.postgres, "createdb"), createdb, { env, stdio: "pipe" });
        return true;
      } catch {
        return undefined;
      }
    });
    await this.startRedis();
  }

  async startPostgres(): Promise<void> {
    const data = join(this.folder, "postgres");
    const args = ["-D", data, "-p", String(this.#postgresPort), "-k", data, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"];
    this.#postgres = spawn(join(this.#programs.postgres, "postgres"), args, { ...this.#user, stdio: "ignore" });
    await until("the start of PostgreSQL", () => (existsSync(join(data, `.s.PGSQL.${this.#postgresPort}`)) ? true : undefined));
  }

  async startRedis(): Promise<void> {
    const data = join(this.folder, "redis");
    const users =
      "user default off resetpass ~* &* +@all\nuser testbro on >correct-horse ~* &* +@all -@dangerous +info +client|setname +client|list\n";
    const settings = { port: this.#redisPort, bind: "127.0.0.1", dir: data, appendonly: "yes", aclfile: join(this.folder, "users.acl") };
    writeFileSync(settings.aclfile, users);
    writeFileSync(
      join(this.folder, "redis.conf"),
      Object.entries(settings)
        .map(([key, value]) => `${key} ${value}\n`)
        .join(""),
    );
    const redis = spawn(this.#programs.redis, [join(this.folder, "redis.conf")], { ...this.#user, stdio: "ignore" });
    this.#redis = redis;
    await until("the start of Redis", () => {
      if (redis.exitCode !== null) throw new Error(`redis-server ended with code ${redis.exitCode}`);
      return listens(this.#redisPort);
    });
  }

  /** As a crash would. */
  async killPostgres(): Promise<void> {
    await end(this.#postgres, "SIGQUIT");
  }

  async killRedis(): Promise<void> {
    await end(this.#redis, "SIGKILL");
  }

  async stop(): Promise<void> {
    await Promise.all([this.killPostgres(), this.killRedis()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
