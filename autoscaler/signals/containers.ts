import type Docker from "dockerode";
import { EngineReader } from "../targets/engine-reader";
import { memoryInUse, type RawStats } from "./docker-stats";

/** What one container uses, as far as the engine says. Bytes, seconds, cores. */
export interface ContainerUse {
  /** Full name of the service, or the Compose service. */
  readonly service: string;
  /** The first 12 digits of the container's id, which is its host name unless somebody gave it another. */
  readonly container: string;
  /** Host name of the node. */
  readonly node: string;
  /** Whether its health check passes; absent where it has none, or has not answered yet. */
  readonly healthy?: boolean;
  /** Seconds since 1970. */
  readonly started?: number;
  readonly cpuSeconds?: number;
  readonly cpuLimit?: number;
  readonly periods?: number;
  readonly throttledPeriods?: number;
  readonly memory?: number;
  readonly memoryLimit?: number;
  readonly received?: number;
  readonly sent?: number;
}

interface ListedContainer {
  readonly Id: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly Status?: string;
}
interface InspectedContainer {
  readonly State?: { readonly StartedAt?: string };
  readonly HostConfig?: { readonly NanoCpus?: number; readonly CpuQuota?: number; readonly CpuPeriod?: number; readonly Memory?: number };
}
interface FullStats extends RawStats {
  readonly cpu_stats?: RawStats["cpu_stats"] & {
    readonly throttling_data?: { readonly periods?: number; readonly throttled_periods?: number };
  };
  readonly networks?: Readonly<Record<string, { readonly rx_bytes?: number; readonly tx_bytes?: number }>>;
}
/** What of a container never changes while it runs. */
type Fixed = Pick<ContainerUse, "started" | "cpuLimit" | "memoryLimit">;

/** Labels that say which service, by kind of project. */
const SERVICE = { swarm: "com.docker.swarm.service.name", compose: "com.docker.compose.service" } as const;
const PROJECT = { swarm: "com.docker.stack.namespace", compose: "com.docker.compose.project" } as const;

/** The engine's default period (cpu.cfs_period_us), microseconds. */
const DEFAULT_PERIOD = 100_000;

/** Reads what every container of a project on this engine uses: numbers only, nothing of environment, mounts or arguments. */
export class Containers {
  private readonly engine: EngineReader;
  private fixed = new Map<string, Fixed>();
  private node: string | undefined;
  private own: ReadonlySet<string> | undefined;

  /** @param project only its containers. @default every container that belongs to a service */
  constructor(
    docker: Docker,
    private readonly kind: "swarm" | "compose",
    private readonly project?: string,
  ) {
    this.engine = new EngineReader(docker);
  }

  async read(): Promise<ContainerUse[]> {
    this.node ??= (await this.engine.object<{ Name?: string }>("/info")).Name ?? "";
    const node = this.node;
    const own = await this.ownServices();
    const listed = await this.engine.list(
      `/containers/json?filters=${encodeURIComponent(JSON.stringify({ label: [SERVICE[this.kind]] }))}`,
      (each: ListedContainer) => (this.belongs(each, own) ? each : undefined),
    );
    const fixed = this.fixed;
    this.fixed = new Map();
    const uses = await Promise.all(
      listed.map(async (each) => {
        const known = fixed.get(each.Id) ?? (await this.inspect(each.Id));
        if (known !== undefined) this.fixed.set(each.Id, known);
        const path = `/containers/${encodeURIComponent(each.Id)}/stats?stream=false&one-shot=true`;
        const stats = await this.engine.object<FullStats>(path).catch(() => undefined);
        return stats === undefined ? undefined : { ...described(each, this.kind, node), ...known, ...used(stats) };
      }),
    );
    return uses.filter((use) => use !== undefined);
  }

  /**
   * Names of the stack's services. On a Swarm its label is on the service alone unless the containers got one too, and only a manager
   * knows services; undefined where nobody can say.
   */
  private async ownServices(): Promise<ReadonlySet<string> | undefined> {
    if (this.kind !== "swarm" || this.project === undefined) return undefined;
    const filters = encodeURIComponent(JSON.stringify({ label: [`${PROJECT.swarm}=${this.project}`] }));
    const name = ({ Spec }: { readonly Spec?: { readonly Name?: string } }) => Spec?.Name;
    const names = await this.engine.list(`/services?filters=${filters}`, name).catch(() => undefined);
    // A manager that is slow for a moment is still one.
    if (names) this.own = new Set(names);
    return this.own;
  }

  private belongs({ Labels = {} }: ListedContainer, own: ReadonlySet<string> | undefined): boolean {
    if (this.project === undefined || Labels[PROJECT[this.kind]] === this.project) return true;
    if (this.kind !== "swarm") return false;
    const service = Labels[SERVICE.swarm] ?? "";
    // A worker cannot ask: there a stack whose name begins with this one's and a hyphen would be taken for it.
    return own?.has(service) ?? service.startsWith(`${this.project}-`);
  }

  private async inspect(id: string): Promise<Fixed | undefined> {
    const inspected = await this.engine.object<InspectedContainer>(`/containers/${encodeURIComponent(id)}/json`).catch(() => undefined);
    if (inspected === undefined) return undefined;
    const { NanoCpus = 0, CpuQuota = 0, CpuPeriod = 0, Memory = 0 } = inspected.HostConfig ?? {};
    const cores = NanoCpus > 0 ? NanoCpus / 1e9 : CpuQuota > 0 ? CpuQuota / (CpuPeriod || DEFAULT_PERIOD) : undefined;
    const started = Date.parse(inspected.State?.StartedAt ?? "") / 1000;
    return {
      ...(started > 0 ? { started } : {}),
      ...(cores === undefined ? {} : { cpuLimit: cores }),
      ...(Memory > 0 ? { memoryLimit: Memory } : {}),
    };
  }
}

function described({ Id, Labels = {}, Status = "" }: ListedContainer, kind: "swarm" | "compose", node: string): ContainerUse {
  const health = /\((healthy|unhealthy)\)/.exec(Status)?.[1];
  return {
    service: Labels[SERVICE[kind]] ?? "",
    container: Id.slice(0, 12),
    node,
    ...(health === undefined ? {} : { healthy: health === "healthy" }),
  };
}

function used(stats: FullStats): Partial<ContainerUse> {
  const { cpu_usage: usage, throttling_data: throttling } = stats.cpu_stats ?? {};
  const memory = memoryInUse(stats);
  const networks = Object.values(stats.networks ?? {});
  const bytes = (key: "rx_bytes" | "tx_bytes") => networks.reduce((sum, each) => sum + (each[key] ?? 0), 0);
  return {
    ...(usage?.total_usage === undefined ? {} : { cpuSeconds: usage.total_usage / 1e9 }),
    ...(throttling?.periods === undefined ? {} : { periods: throttling.periods, throttledPeriods: throttling.throttled_periods ?? 0 }),
    ...(memory === undefined ? {} : { memory }),
    ...(networks.length === 0 ? {} : { received: bytes("rx_bytes"), sent: bytes("tx_bytes") }),
  };
}
