import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { HOLDING_STATES } from "../core/observation";
import { Unchanged } from "./array-reader";
import { EngineReader } from "./engine-reader";
import { isManaged, withReplicas, type ReplicatedSpec } from "./gate";
import { Room, type Demand, type PlacedTask, type SwarmNode } from "./placement";
import { ScaleRefused, type ManagedService, type Target } from "./target";

const CONFLICT_TRIES = 5;
const RUNNING = encodeURIComponent(JSON.stringify({ "desired-state": ["running"] }));

interface SwarmService {
  readonly ID: string;
  readonly Version?: { readonly Index?: number };
  readonly Spec: ReplicatedSpec & {
    readonly TaskTemplate?: {
      readonly Resources?: { readonly Limits?: Amount; readonly Reservations?: Amount };
      readonly Placement?: { readonly Constraints?: readonly string[]; readonly MaxReplicas?: number };
    };
  };
  readonly UpdateStatus?: { readonly State?: string };
}
interface Amount {
  readonly NanoCPUs?: number;
  readonly MemoryBytes?: number;
}
interface SwarmTask {
  readonly ServiceID?: string;
  readonly NodeID?: string;
  readonly Spec?: { readonly Resources?: { readonly Reservations?: Amount } };
  readonly Status?: { readonly State?: string; readonly ContainerStatus?: { readonly ContainerID?: string } };
}
/** What matters of a service, apart from its tasks. */
interface Described {
  readonly service: Omit<ManagedService, "ready" | "containers">;
  readonly demand: Demand;
}
/** What matters of a task. */
interface Task extends PlacedTask {
  readonly running: boolean;
  readonly container: string | undefined;
}

/** Swarm services over the engine's API of a manager. */
export class SwarmTarget implements Target {
  private configured: ReadonlySet<string> = new Set();
  private readonly engine: EngineReader;
  private readonly known = { services: new Unchanged<Described>(), tasks: new Unchanged<Task>(), nodes: new Unchanged<SwarmNode>() };

  /** @param namespace only services of this stack (label `com.docker.stack.namespace`), so that two auto-scalers share a swarm */
  constructor(
    private readonly docker: Docker,
    private readonly namespace?: string,
  ) {
    this.engine = new EngineReader(docker);
  }

  async list(configured: ReadonlySet<string>): Promise<ManagedService[]> {
    if (configured !== this.configured) this.known.services = new Unchanged();
    this.configured = configured;
    const ours = (service: SwarmService) => service.Spec.Mode?.Replicated !== undefined && this.isOurs(service.Spec);
    // one after the other: what is on its way of all three at once would be the most memory that anything here takes
    const services = await this.engine.list(
      "/services",
      (service: SwarmService) => (ours(service) ? describeService(service) : undefined),
      this.known.services,
    );
    const tasks = await this.engine.list(`/tasks?filters=${RUNNING}`, describeTask, this.known.tasks);
    const nodes = await this.engine.list("/nodes", (node: SwarmNode) => node, this.known.nodes);
    const free = new Room(nodes, tasks);
    const tasksOf = new Map<string, Task[]>();
    for (const task of tasks) {
      const known = tasksOf.get(task.ServiceID ?? "");
      if (known) known.push(task);
      else tasksOf.set(task.ServiceID ?? "", [task]);
    }
    return services.map(({ service, demand }) => {
      const running = (tasksOf.get(demand.serviceId) ?? []).filter((task) => task.running);
      const room = free.placeable(demand);
      return {
        ...service,
        ready: running.length,
        containers: running.flatMap((task) => task.container ?? []),
        ...(room === undefined ? {} : { placeable: room }),
      };
    });
  }

  private isOurs(spec: ReplicatedSpec): boolean {
    if (this.namespace !== undefined && spec.Labels?.["com.docker.stack.namespace"] !== this.namespace) return false;
    return isManaged(spec.Labels ?? {}, spec.Name ?? "", this.configured);
  }

  async scale(name: string, count: number, options: { readonly during?: "rollout" } = {}): Promise<void> {
    for (let tries = 1; ; tries++) {
      const current = await this.engine.object<SwarmService>(`/services/${encodeURIComponent(name)}`, false);
      const state = current.UpdateStatus?.State ?? "";
      if (options.during !== "rollout" && (HOLDING_STATES as readonly string[]).includes(state)) {
        throw new ScaleRefused(`${name} is ${state} since it was looked at; a change now would defeat its rollback`);
      }
      if (!this.isOurs(current.Spec))
        throw new ScaleRefused(`${name} is not labelled for scaling${this.namespace === undefined ? "" : ` in stack ${this.namespace}`}`);
      const spec = withReplicas(current.Spec, count, this.configured);
      try {
        await this.docker.getService(name).update({ ...spec, version: current.Version?.Index ?? 0 } as never);
        return;
      } catch (error) {
        // somebody else changed the service between reading and writing: read again, so that nothing of theirs is lost
        if (tries >= CONFLICT_TRIES || !/out of sequence/i.test((error as Error).message)) throw error;
        await sleep(50 * 2 ** tries);
      }
    }
  }
}

function demandOf(service: SwarmService): Demand {
  const { Resources: resources, Placement: placement } = service.Spec.TaskTemplate ?? {};
  return {
    serviceId: service.ID,
    reserved: resources?.Reservations ?? {},
    constraints: placement?.Constraints ?? [],
    mostPerNode: placement?.MaxReplicas ?? 0,
  };
}

/** Everything of a specification but the count: what changed when a deploy touched the service, even if only a label of it. */
function revisionOf(spec: SwarmService["Spec"]): string {
  const rest = { ...spec, Mode: undefined };
  return createHash("sha256").update(JSON.stringify(rest)).digest("hex").slice(0, 16);
}

function describeTask(task: SwarmTask): Task {
  return {
    ...(task.ServiceID === undefined ? {} : { ServiceID: task.ServiceID }),
    ...(task.NodeID === undefined ? {} : { NodeID: task.NodeID }),
    reserved: task.Spec?.Resources?.Reservations ?? {},
    running: task.Status?.State === "running",
    container: task.Status?.ContainerStatus?.ContainerID,
  };
}

function describeService(service: SwarmService): Described {
  const { Limits: limits, Reservations: reservations } = service.Spec.TaskTemplate?.Resources ?? {};
  const cpu = reservations?.NanoCPUs || limits?.NanoCPUs;
  const memory = reservations?.MemoryBytes || limits?.MemoryBytes;
  return {
    service: {
      name: service.Spec.Name ?? service.ID,
      labels: service.Spec.Labels ?? {},
      desired: service.Spec.Mode?.Replicated?.Replicas ?? 0,
      ...(cpu ? { cpuBase: cpu } : {}),
      ...(memory ? { memoryBase: memory } : {}),
      ...(service.UpdateStatus?.State === undefined ? {} : { rollout: service.UpdateStatus.State }),
      revision: revisionOf(service.Spec),
    },
    demand: demandOf(service),
  };
}
