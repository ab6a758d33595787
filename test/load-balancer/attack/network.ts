import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { join } from "node:path";
import type { Destination } from "../ask";
import type { Nginx } from "../nginx";
import { module } from "../nginx-command";
import type { Tasks } from "./tasks";

/** Networks of the clients: 198.18.N.0/24 out of the range that is kept for tests of network devices (RFC 2544). */
const NETWORK = "198.18";

/** Addresses of a client besides its first, all in its /24. */
const MORE_ADDRESSES = 3;

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe", timeout: 20_000 });
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * A client of the balancer in a network namespace of its own, joined to this one by a link of its own: the balancer sees it by an
 * address that no other client has. What it does is done by a process of its own there.
 */
export class Client {
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  private constructor(
    private readonly namespace: string,
    /** Its addresses; the balancer sees the first unless a task is told another one. */
    readonly addresses: readonly [string, ...string[]],
    /** Where it finds the balancer. */
    readonly balancer: string,
    private readonly process: ChildProcess,
  ) {
    process.on("message", ({ id, error, result }: { id: number; error?: string; result?: unknown }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    process.on("exit", (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the client's process ended with ${code}`));
    });
  }

  /** @param number tells its network from the other clients' */
  static open(number: number): Client {
    const namespace = `testbro-client-${number}`;
    const [outer, inner] = [`tbc${number}o`, `tbc${number}i`];
    const within = (...args: string[]) => ip("-n", namespace, ...args);
    const address = (last: number) => `${NETWORK}.${number}.${last}`;
    remove(namespace, outer);
    try {
      ip("netns", "add", namespace);
      ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", namespace);
      ip("address", "add", `${address(1)}/24`, "dev", outer);
      ip("link", "set", outer, "up");
      within("link", "set", "lo", "up");
      const addresses = Array.from({ length: MORE_ADDRESSES + 1 }, (_, index) => address(index + 2));
      for (const each of addresses) within("address", "add", `${each}/24`, "dev", inner);
      within("link", "set", inner, "up");
      const program = [process.execPath, join(__dirname, "agent.js")];
      const child = spawn("nsenter", [`--net=/run/netns/${namespace}`, ...program], {
        stdio: ["ignore", "inherit", "inherit", "ipc"],
        serialization: "advanced",
      });
      return new Client(namespace, addresses as [string, ...string[]], address(1), child);
    } catch (error) {
      remove(namespace, outer);
      throw error;
    }
  }

  /** Lets everybody else have the CPU first: an attacker has machines of its own, where here it shares the balancer's. */
  stepBack(): void {
    if (this.process.pid !== undefined) setPriority(this.process.pid, 10);
  }

  /** A balancer as this client reaches it. */
  to(nginx: Nginx): Destination {
    return { address: this.balancer, ports: nginx.ports, ca: nginx.ca };
  }

  /** Has a task done there. @throws Error with the task's own message */
  run<T extends keyof Tasks>(task: T, ...args: Parameters<Tasks[T]>): ReturnType<Tasks[T]> {
    const id = this.#asked++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.process.send({ id, task, args });
    }) as ReturnType<Tasks[T]>;
  }

  async close(): Promise<void> {
    const ended = this.process.exitCode === null && this.process.signalCode === null ? once(this.process, "exit") : undefined;
    this.process.kill("SIGKILL");
    await ended;
    remove(this.namespace);
  }
}

/** Removes a namespace, and with it its end of the link and so the whole link; also what a killed run left. */
function remove(namespace: string, link?: string): void {
  const attempts = [...(link === undefined ? [] : [["link", "delete", link]]), ["netns", "delete", namespace]];
  for (const args of attempts) {
    try {
      ip(...args);
    } catch {
      // It is not there.
    }
  }
}

/** Why there can be no clients here; undefined when there can. */
async function whyNot(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "network namespaces need Linux and root";
  const { find } = await module<{ find(name: string, env: NodeJS.ProcessEnv, options: object): string | undefined }>(
    "toolchain/process.mjs",
  );
  if (find("ip", process.env, { system: true })) return undefined;
  const { installPackages } = await module<{ installPackages(names: string[], options: { why: string }): Promise<void> }>(
    "toolchain/docker/install.mjs",
  );
  return installPackages(["iproute2"], { why: "clients in network namespaces" }).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/**
 * Declares the hooks of a suite whose clients have addresses of their own, each in a /24 of its own: through loopback every client
 * looks the same. Skips it, saying why, where there can be none.
 */
export function withClients(count: number): { readonly all: readonly Client[] } {
  const clients: Client[] = [];
  before(async function () {
    this.timeout(360_000);
    const reason = await whyNot();
    if (reason !== undefined) {
      console.log(`skipped, because there can be no clients with addresses of their own: ${reason}`);
      this.skip();
    }
    for (let number = 1; number <= count; number++) clients.push(Client.open(number));
  });
  after(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  return { all: clients };
}
