import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, run, start, type Result, type Running } from "../swarm/commands";

/** What every object has, as far as tests look at it. */
export interface Metadata {
  name: string;
  namespace: string;
  uid: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  deletionTimestamp?: string;
}

interface Condition {
  type: string;
  status: string;
  lastTransitionTime?: string;
}

/** A pod, as far as tests look at it. */
export interface Pod {
  metadata: Metadata;
  spec: {
    nodeName?: string;
    serviceAccountName: string;
    volumes?: { name: string; projected?: { sources: { serviceAccountToken?: object }[] } }[];
    containers: { name: string; image: string; ports?: { containerPort: number; protocol: "TCP" | "UDP" }[] }[];
  };
  status: { phase: string; podIP?: string; conditions?: Condition[] };
}

/** Label with the name of the workload that a pod belongs to. */
export const WORKLOAD_LABEL = "app.kubernetes.io/name";

export function isReady({ metadata, status }: Pod): boolean {
  const ready = status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
  return ready && metadata.deletionTimestamp === undefined;
}

/** kubectl on one cluster, in one namespace unless told otherwise. */
export class Kubectl {
  /** @param folder for the files that kubectl is given */
  constructor(
    private readonly bin: string,
    readonly kubeconfig: string,
    readonly namespace: string,
    private readonly folder: string,
  ) {}

  private arguments(args: string[]): string[] {
    return ["--kubeconfig", this.kubeconfig, "--namespace", this.namespace, ...args];
  }

  /** A command that may fail. */
  attempt(...args: string[]): Promise<Result> {
    return run(this.bin, this.arguments(args), { timeout: 240_000 });
  }

  /** Standard output of a command that must succeed. */
  must(...args: string[]): Promise<string> {
    return must(this.bin, this.arguments(args), { timeout: 240_000 });
  }

  /** A command that goes on until it is ended. */
  follow(...args: string[]): Running {
    return start(this.bin, this.arguments(args), { timeout: 1_800_000 });
  }

  /** JSON that the API server is given as a file, since these commands have no standard input. */
  file(name: string, content: object): string {
    const path = join(this.folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  }

  async apply(...objects: object[]): Promise<void> {
    const list = this.file("objects.json", { apiVersion: "v1", kind: "List", items: objects });
    await this.must("apply", "--server-side", "-f", list);
  }

  async get<T>(kind: string, name: string): Promise<T> {
    return JSON.parse(await this.must("get", kind, name, "-o", "json")) as T;
  }

  async list<T>(kind: string, ...options: string[]): Promise<T[]> {
    return (JSON.parse(await this.must("get", kind, ...options, "-o", "json")) as { items: T[] }).items;
  }

  /** Pods of a workload, those that stop included. */
  pods(workload: string): Promise<Pod[]> {
    return this.list<Pod>("pods", "--selector", `${WORKLOAD_LABEL}=${workload}`);
  }

  /** Pods of a workload that serve and are not stopping. */
  async ready(workload: string): Promise<Pod[]> {
    return (await this.pods(workload)).filter(isReady);
  }

  /** Asks the eviction API, which heeds disruption budgets, to take a pod away. */
  evict(pod: string): Promise<Result> {
    const body = this.file("eviction.json", {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: pod, namespace: this.namespace },
    });
    return this.attempt("create", "--raw", `/api/v1/namespaces/${this.namespace}/pods/${pod}/eviction`, "-f", body);
  }
}
