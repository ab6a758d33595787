import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CHECKOUT } from "../swarm/commands";
import type { Pulumi } from "./stack";

/** A cluster from source, as far as tests use it; see `toolchain/kubernetes`. */
export interface Machine {
  kubeconfig: string;
  context: string;
  kubectl: string;
  nodes: { name: string; zone: string }[];
  /** Where node ports are reached. */
  address: string;
  loadImages(archives: string[]): Promise<void>;
  stopNode(name: string): Promise<void>;
  startNode(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** A module of the toolchain; they are plain JavaScript, so the caller says what it uses. */
async function module<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(join(CHECKOUT, "toolchain", path)).href)) as T;
}

/** Brings a cluster up in a network namespace of its own. @param home folder of the cluster, which goes with it */
export async function startMachine(home: string, nodes: number): Promise<Machine> {
  const { ensureCluster } = await module<{
    ensureCluster(options: { home: string; nodes: number; mode: "source" }): Promise<Machine>;
  }>("kubernetes/index.mjs");
  return ensureCluster({ home, nodes, mode: "source" });
}

/** Takes down what an unfinished start has left. */
export async function stopMachine(home: string): Promise<void> {
  const { stopCluster } = await module<{ stopCluster(options: { home: string }): Promise<unknown> }>("kubernetes/index.mjs");
  await stopCluster({ home });
}

export async function openPulumi(): Promise<Pulumi> {
  const { ensurePulumi } = await module<{ ensurePulumi(options: { kubernetes: boolean }): Promise<Pulumi> }>("pulumi/index.mjs");
  return ensurePulumi({ kubernetes: true });
}
