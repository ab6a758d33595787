import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type Lease } from "../daemon/lease";
import { type ContainerUse } from "../signals/containers";
import { type ServiceStats } from "../signals/docker-stats";
import { ScaleRefused, type ManagedService, type Target } from "../targets/target";
import { NOT_A_MANAGER, PATHS, type StatsBody } from "./protocol";

/** A gate that hangs must not take the whole turn of the daemon, which waits 10 s. */
const TIMEOUT_MS = 8000;

/** All addresses of a name; an address is its own. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const resolveAll: Resolve = async (host) =>
  isIP(host) ? [host] : (await lookup(host, { all: true, family: 4 })).map(({ address }) => address);

class NotAManager extends Error {}

/**
 * The daemon's side of the gate. Its name may lead to a gate on every node: statistics come from all of them, services and changes
 * from whichever is a manager.
 */
export class GateClient implements Target, Lease {
  private readonly url: URL;
  private readonly holder = randomUUID();
  private manager: string | undefined;

  constructor(
    url: string,
    private readonly token: string,
    private readonly resolve: Resolve = resolveAll,
  ) {
    this.url = new URL(url);
  }

  /** Services labelled for scaling, or named in the gate's own settings: the daemon's have no say. */
  list(): Promise<ManagedService[]> {
    return this.askManager<ManagedService[]>(PATHS.services, {});
  }

  async scale(service: string, count: number, options: { readonly during?: "rollout" } = {}): Promise<void> {
    await this.askManager(PATHS.scale, { service, count, ...options });
  }

  hold(): Promise<boolean> {
    return this.askManager<boolean>(PATHS.lease, { holder: this.holder });
  }

  async release(): Promise<void> {
    await this.askManager(PATHS.lease, { holder: this.holder, release: true });
  }

  /** CPU and memory over all nodes. A node that does not answer leaves its replicas unreported, which never reads as low load. */
  async stats(body: StatsBody): Promise<ServiceStats> {
    const parts = await Promise.allSettled((await this.addresses()).map((address) => this.ask<ServiceStats>(address, PATHS.stats, body)));
    const answers = parts.flatMap((part) => (part.status === "fulfilled" ? [part.value] : []));
    const failed = parts.find((part) => part.status === "rejected");
    if (answers.length === 0 && failed !== undefined) throw failed.reason as Error;
    return mergeStats(answers);
  }

  /** What the stack's containers use, over all nodes that answer. */
  async containers(): Promise<ContainerUse[]> {
    const parts = await Promise.allSettled(
      (await this.addresses()).map((address) => this.ask<ContainerUse[]>(address, PATHS.containers, {})),
    );
    const answers = parts.flatMap((part) => (part.status === "fulfilled" ? [part.value] : []));
    const failed = parts.find((part) => part.status === "rejected");
    if (answers.length === 0 && failed !== undefined) throw failed.reason as Error;
    return answers.flat();
  }

  private async addresses(): Promise<readonly string[]> {
    const found = await this.resolve(this.url.hostname);
    if (found.length === 0) throw new Error(`${this.url.hostname} has no address`);
    return found;
  }

  private async askManager<T>(path: string, body: object): Promise<T> {
    const found = await this.addresses();
    const ordered = [...found].sort((a, b) => Number(b === this.manager) - Number(a === this.manager));
    let last: Error | undefined;
    for (const address of ordered) {
      try {
        const result = await this.ask<T>(address, path, body);
        this.manager = address;
        return result;
      } catch (error) {
        if (error instanceof ScaleRefused) throw error;
        // A gate that fails tells more than one that is no manager.
        if (last === undefined || !(error instanceof NotAManager)) last = error as Error;
      }
    }
    throw last ?? new Error("no gate answers");
  }

  private async ask<T>(address: string, path: string, body: object): Promise<T> {
    const url = new URL(path, this.url);
    url.hostname = isIP(address) === 6 ? `[${address}]` : address;
    let response: Response;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${this.token}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      const cause = (error as Error).cause;
      throw new Error(`the gate at ${address} does not answer: ${cause instanceof Error ? cause.message : (error as Error).message}`, {
        cause: error,
      });
    }
    const answer = (await response.json().catch(() => ({}))) as { result?: T; error?: string };
    if (response.ok) return answer.result as T;
    const message = answer.error ?? `HTTP ${response.status}`;
    if (response.status === 409) throw new ScaleRefused(message);
    throw response.status === NOT_A_MANAGER ? new NotAManager(message) : new Error(`the gate at ${address}: ${message}`);
  }
}

/** Means of several nodes, each weighted by the containers that it measured. */
export function mergeStats(parts: readonly ServiceStats[]): ServiceStats {
  const mean = (value: "cpu" | "memory", weight: "cpuReporting" | "memoryReporting") => {
    const reporting = parts.reduce((sum, part) => sum + part[weight], 0);
    const total = parts.reduce((sum, part) => sum + (part[value] ?? 0) * part[weight], 0);
    return { reporting, value: reporting > 0 ? total / reporting : undefined };
  };
  const [cpu, memory] = [mean("cpu", "cpuReporting"), mean("memory", "memoryReporting")];
  return {
    ...(cpu.value === undefined ? {} : { cpu: cpu.value }),
    ...(memory.value === undefined ? {} : { memory: memory.value }),
    cpuReporting: cpu.reporting,
    memoryReporting: memory.reporting,
  };
}
