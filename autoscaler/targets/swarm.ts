import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { HOLDING_STATES } from "../core/observation";
import { isManaged, withReplicas, type ReplicatedSpec } from "./gate";
import { ScaleRefused, type ManagedService, type Target } from "./target";

const CONFLICT_TRIES = 5;

interface SwarmService {
  readonly ID: string;
  readonly Version?: { readonly Index?: number };
  readonly Spec: ReplicatedSpec & {
    readonly TaskTemplate?: { readonly Resources?: { readonly Limits?: Amount; readonly Reservations?: Amount } };
  };
  readonly UpdateStatus?: { readonly State?: string };
}
interface Amount {
  readonly NanoCPUs?: number;
  readonly MemoryBytes?: number;
}
interface SwarmTask {
  readonly ServiceID?: string;
  readonly DesiredState?: string;
  readonly Status?: { readonly State?: string; readonly ContainerStatus?: { readonly ContainerID?: string } };
}

/** Swarm services over the engine's API of a manager. */
export class SwarmTarget implements Target {
  private configured: ReadonlySet<string> = new Set();

  constructor(private readonly docker: Docker) {}

  async list(configured: ReadonlySet<string>): Promise<ManagedService[]> {
    this.configured = configured;
    const [services, tasks] = (await Promise.all([
      this.docker.listServices(),
      this.docker.listTasks({ filters: JSON.stringify({ "desired-state": ["running"] }) }),
    ])) as unknown as [SwarmService[], SwarmTask[]];
    return services
      .filter(
        (service) =>
          service.Spec.Mode?.Replicated !== undefined && isManaged(service.Spec.Labels ?? {}, service.Spec.Name ?? "", configured),
      )
      .map((service) => describeService(service, tasks));
  }

  async scale(name: string, count: number, options: { readonly during?: "rollout" } = {}): Promise<void> {
    for (let tries = 1; ; tries++) {
      const handle = this.docker.getService(name);
      const current = (await handle.inspect()) as unknown as SwarmService;
      const state = current.UpdateStatus?.State ?? "";
      if (options.during !== "rollout" && (HOLDING_STATES as readonly string[]).includes(state)) {
        throw new ScaleRefused(`${name} is ${state} since it was looked at; a change now would defeat its rollback`);
      }
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

function describeService(service: SwarmService, tasks: readonly SwarmTask[]): ManagedService {
  const running = tasks.filter((task) => task.ServiceID === service.ID && task.Status?.State === "running");
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
    revision: createHash("sha256")
      .update(JSON.stringify(service.Spec.TaskTemplate ?? {}))
      .digest("hex")
      .slice(0, 16),
  };
}
