import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CHECKOUT, must, run, type Result } from "./commands";

/** A module of the scripts; they are plain JavaScript, so the caller says what it uses. */
async function module<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(join(CHECKOUT, path)).href)) as T;
}

/** A task of a service, as far as tests look at it. */
export interface Task {
  ID: string;
  Name: string;
  CurrentState: string;
  DesiredState: string;
  Error: string;
}

/** The docker client of the engine that the stack under test runs on. */
export class Engine {
  private constructor(
    private readonly bin: string,
    private readonly host: string,
  ) {}

  /** The engine that `npm run up` uses, started if it does not run. */
  static async open(): Promise<Engine> {
    const { openEngine } = await module<{ openEngine(): Promise<{ host: string; clientBin: string }> }>("scripts/local/engine.mjs");
    const { host, clientBin } = await openEngine();
    return new Engine(clientBin, host);
  }

  /** Stops the engine if it is the stack's own. */
  static async stop(): Promise<void> {
    const { paths } = await module<{ paths(): { engine: string } }>("toolchain/paths.mjs");
    const { stopEngine } = await module<{ stopEngine(options: { home: string }): Promise<unknown> }>("toolchain/docker/engine.mjs");
    await stopEngine({ home: paths().engine });
  }

  /** Standard output of a docker command that must succeed. */
  docker(...args: string[]): Promise<string> {
    return must(this.bin, args, { env: { DOCKER_HOST: this.host }, timeout: 120_000 });
  }

  /** A docker command that may fail. */
  attempt(...args: string[]): Promise<Result> {
    return run(this.bin, args, { env: { DOCKER_HOST: this.host }, timeout: 120_000 });
  }

  async lines(...args: string[]): Promise<string[]> {
    return (await this.docker(...args)).split("\n").filter(Boolean);
  }

  /** Tasks of a service that are meant to run, in the order of their names. */
  async tasks(service: string): Promise<Task[]> {
    const lines = await this.lines("service", "ps", "--no-trunc", "--filter", "desired-state=running", "--format", "{{json .}}", service);
    return lines.map((line) => JSON.parse(line) as Task).sort((a, b) => a.Name.localeCompare(b.Name));
  }

  /** Ids of a service's running containers. */
  containers(service: string): Promise<string[]> {
    return this.lines("ps", "--quiet", "--no-trunc", "--filter", `label=com.docker.swarm.service.name=${service}`);
  }

  /** One running container of a service. @throws Error when there is none */
  async container(service: string): Promise<string> {
    const [id] = await this.containers(service);
    if (id === undefined) throw new Error(`no container of ${service} runs`);
    return id;
  }

  /** Changes the number of replicas, as the auto-scaler does, and waits until they run. */
  async scale(service: string, replicas: number): Promise<void> {
    await this.docker("service", "scale", "--detach=false", `${service}=${replicas}`);
  }

  /** Names of all Docker objects of the kinds a stack makes. */
  async inventory(): Promise<string[]> {
    const kinds = ["service", "secret", "config", "network", "volume", "container"];
    const lists = await Promise.all(
      kinds.map(async (kind) => {
        const format = kind === "container" ? "{{.Names}}" : "{{.Name}}";
        const names = await this.lines(kind, "ls", ...(kind === "container" ? ["--all"] : []), "--format", format);
        return names.map((name) => `${kind} ${name}`);
      }),
    );
    return lists.flat().sort();
  }
}
