import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { HOLDING_STATES } from "../core/observation";
import { isManaged, withReplicas, type ReplicatedSpec } from "./gate";
import { Room, type Demand, type SwarmNode } from "./placement";
import { ScaleRefused, type ManagedService, type Target } from "./target";

const CONFLICT_TRIES = 5;

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
  readonly DesiredState?: string;
  readonly Status?: { readonly State?: string; readonly ContainerStatus?: { readonly ContainerID?: string } };
}

/** Swarm services over the engine's API of a manager. */
export class SwarmTarget implements Target {
  private configured: ReadonlySet<string> = new Set();

  /** @param namespace only services of this stack (label `com.docker.stack.namespace`), so that two auto-scalers share a swarm */
  constructor(
    private readonly docker: Docker,
    private readonly namespace?: string,
  ) {}

  async list(configured: ReadonlySet<string>): Promise<ManagedService[]> {
    this.configured = configured;
    const [services, tasks, nodes] = (await Promise.all([
      this.docker.listServices(),
      this.docker.listTasks({ filters: JSON.stringify({ "desired-state": ["running"] }) }),
      this.docker.listNodes(),
    ])) as unknown as [SwarmService[], SwarmTask[], SwarmNode[]];
    const placed = tasks.map((task) => ({ ...task, reserved: task.Spec?.Resources?.Reservations ?? {} }));
    const free = new Room(nodes, placed);
    const tasksOf = new Map<string, SwarmTask[]>();
    for (const task of tasks) {
      const known = tasksOf.get(task.ServiceID ?? "");
      if (known) known.push(task);
      else tasksOf.set(task.ServiceID ?? "", [task]);
    }
    return services
      .filter((service) => service.Spec.Mode?.Replicated !== undefined && this.isOurs(service.Spec))
      .map((service) => {
        const room = free.placeable(demandOf(service));
        return { ...describeService(service, tasksOf.get(service.ID) ?? []), ...(room === undefined ? {} : { placeable: room }) };
      });
  }

  private isOurs(spec: ReplicatedSpec): boolean {
    if (this.namespace !== undefined && spec.Labels?.["com.docker.stack.namespace"] !== this.namespace) return false;
    return isManaged(spec.Labels ?? {}, spec.Name ?? "", this.configured);
  }

  async scale(name: string, count: number, options: { readonly during?: "rollout" } = {}): Promise<void> {
    for (let tries = 1; ; tries++) {
      const handle = this.docker.getService(name);
      const current = (await handle.inspect()) as unknown as SwarmService;
      const state = current.UpdateStatus?.State ?? "";
      if (options.during !== "rollout" && (HOLDING_STATES as readonly string[]).includes(state)) {
        throw new ScaleRefused(`${name} is ${state} since it was looked at; a change now would defeat its rollback`);
      }
      if (!this.isOurs(current.Spec))
        throw new ScaleRefused(`${name} is not labelled for scaling${this.namespace === undefined ? "" : ` in stack ${this.namespace}`}`);
      const spec = withReplicas(current.Spec, count, this.configured);
      try {
        await handle.update({ ...spec, version: current.Version?.Index ?? 0 } as never);
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

function describeService(service: SwarmService, tasks: readonly SwarmTask[]): ManagedService {
  const running = tasks.filter((task) => task.Status?.State === "running");
  const { Limits: limits, Reservations: reservations } = service.Spec.TaskTemplate?.Resources ?? {};
  const cpu = reservations?.NanoCPUs || limits?.NanoCPUs;
  const memory = reservations?.MemoryBytes || limits?.MemoryBytes;
  return {
    name: service.Spec.Name ?? service.ID,
    labels: service.Spec.Labels ?? {},
    desired: service.Spec.Mode?.Replicated?.Replicas ?? 0,
    ready: running.length,
    containers: running.flatMap((task) => task.Status?.ContainerStatus?.ContainerID ?? []),
    ...(cpu ? { cpuBase: cpu } : {}),
    ...(memory ? { memoryBase: memory } : {}),
    ...(service.UpdateStatus?.State === undefined ? {} : { rollout: service.UpdateStatus.State }),
    revision: revisionOf(service.Spec),
  };
}
